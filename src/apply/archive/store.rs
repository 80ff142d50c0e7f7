//! Files of a store as streams: in a folder, or with a command that keeps and gives back what it is sent. No shell reads
//! the command, and names reach it through its environment alone.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::plan::{Store, StoreCommand, StoredFile};

/// Written to a store before anything is changed for its sake; it stays in those of a command.
const PROBE: &str = "pgtend.probe";

/// Tries the store: what cannot be archived must not be detached either.
///
/// # Errors
/// When the folder cannot be made or written, or the command does not give back what it was sent.
pub fn prepare(store: &Store) -> anyhow::Result<()> {
    match store {
        Store::Folder(folder) => {
            let prepare = || -> io::Result<()> {
                fs::create_dir_all(folder)?;
                tempfile::Builder::new().prefix(".pgtend-").tempfile_in(folder)?.close()
            };
            prepare().with_context(|| format!("write into the folder {}", folder.display()))
        }
        Store::Command(command) => {
            let file = StoredFile { store: store.clone(), name: PROBE.to_owned() };
            let sent = fastrand::u128(..).to_string();
            write_whole(&file, sent.as_bytes())
                .and_then(|()| {
                    ensure!(
                        read_whole(&file, 64)? == sent.as_bytes(),
                        "it does not give back what it was sent"
                    );
                    Ok(())
                })
                .with_context(|| format!("try the archive command {}", command.program))
        }
    }
}

/// Where a file's bytes go. Dropped before its end, a command is stopped, and what it has kept says nothing.
pub(super) enum Sink {
    File(BufWriter<File>),
    Command { child: Child, stdin: Option<BufWriter<ChildStdin>> },
}

impl Sink {
    /// `mode`: of a file in a folder.
    pub fn create(file: &StoredFile, mode: u32) -> io::Result<Self> {
        match &file.store {
            Store::Folder(folder) => {
                let path = folder.join(&file.name);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                let open =
                    OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
                Ok(Self::File(BufWriter::new(open)))
            }
            Store::Command(command) => {
                let mut spawn = call(command, "put", &file.name);
                let mut child = spawn.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
                let stdin = child.stdin.take().map(BufWriter::new);
                Ok(Self::Command { child, stdin })
            }
        }
    }

    /// Everything where it stays.
    pub fn finish(mut self) -> io::Result<()> {
        match &mut self {
            Self::File(file) => {
                file.flush()?;
                file.get_ref().sync_all()
            }
            Self::Command { child, stdin } => {
                let flushed = stdin.take().map_or(Ok(()), |mut stdin| stdin.flush());
                // That it has failed says more than that it does not listen any more.
                succeeded(child)?;
                flushed.map_err(|error| not_read(&error))
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(part),
            Self::Command { child, stdin } => {
                let written = stdin.as_mut().map_or(Ok(0), |stdin| stdin.write(part));
                written.map_err(|error| {
                    *stdin = None;
                    succeeded(child).err().unwrap_or_else(|| not_read(&error))
                })
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Command { stdin, .. } => stdin.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Self::Command { child, stdin: Some(_) } = self {
            // Before its input ends, which it would take for the end of the file.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where a file's bytes come from. A command that fails is an error at the end of what it gave.
pub(super) enum Source {
    File(File),
    Command { child: Child, stdout: ChildStdout },
}

impl Source {
    pub fn open(file: &StoredFile) -> io::Result<Self> {
        match &file.store {
            Store::Folder(folder) => Ok(Self::File(File::open(folder.join(&file.name))?)),
            Store::Command(command) => {
                let mut spawn = call(command, "get", &file.name);
                let mut child = spawn.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
                let stdout = child.stdout.take().ok_or(io::ErrorKind::NotConnected)?;
                Ok(Self::Command { child, stdout })
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Command { child, stdout } => {
                let read = stdout.read(buffer)?;
                if read == 0 && !buffer.is_empty() {
                    succeeded(child)?;
                }
                Ok(read)
            }
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Self::Command { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A file that can be read in any order: what a command gives is copied, into a file that has no name and goes with it.
#[cfg(feature = "parquet")]
pub(super) fn seekable(file: &StoredFile) -> io::Result<File> {
    if let Store::Folder(folder) = &file.store {
        return File::open(folder.join(&file.name));
    }
    let mut whole = tempfile::tempfile()?;
    io::copy(&mut Source::open(file)?, &mut whole)?;
    io::Seek::rewind(&mut whole)?;
    Ok(whole)
}

fn call(command: &StoreCommand, action: &str, name: &str) -> Command {
    let mut call = Command::new(&command.program);
    call.args(&command.arguments);
    call.env("PGTEND_ARCHIVE_ACTION", action).env("PGTEND_ARCHIVE_NAME", name);
    call
}

fn succeeded(child: &mut Child) -> io::Result<()> {
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("the archive command has failed: {status}")))
}

fn not_read(error: &io::Error) -> io::Error {
    io::Error::other(format!("the archive command does not read its input to the end: {error}"))
}

/// A small file, whole or not at all where the store is a folder.
///
/// # Errors
/// The file system's, or that the command has failed.
pub(super) fn write_whole(file: &StoredFile, bytes: &[u8]) -> anyhow::Result<()> {
    let part = part_of(file);
    let mut sink = Sink::create(&part, 0o666)?;
    sink.write_all(bytes)?;
    sink.finish()?;
    settle(file)
}

/// # Errors
/// When it cannot be read, or is larger than `most` bytes.
pub(super) fn read_whole(file: &StoredFile, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut source = Source::open(file)?;
    (&mut source).take(most + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= most, "larger than {most} bytes");
    Ok(bytes)
}

/// What a file is called while it is written: readers of whole folders pass over such names.
pub(super) fn part_of(file: &StoredFile) -> StoredFile {
    match &file.store {
        Store::Folder(_) => {
            file.beside(&format!("_{}.part", file.name.rsplit('/').next().unwrap_or_default()))
        }
        Store::Command(_) => file.clone(),
    }
}

/// Gives a file that was written its name.
///
/// # Errors
/// The file system's.
pub(super) fn settle(file: &StoredFile) -> anyhow::Result<()> {
    if let Store::Folder(folder) = &file.store {
        let path = folder.join(&file.name);
        fs::rename(folder.join(part_of(file).name), &path)?;
        sync_folder(&path)?;
    }
    Ok(())
}

/// Takes away what was not finished: it says nothing, and may fill the disk.
pub(super) fn discard(file: &StoredFile) {
    if let Store::Folder(folder) = &file.store {
        let _ = fs::remove_file(folder.join(part_of(file).name));
    }
}

/// A rename is on the disk once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// A file of its folder.
pub(super) fn at(path: &Path) -> StoredFile {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    StoredFile { store: Store::Folder(folder), name }
}
