//! A pooler on a Unix socket: few sessions of the server for many connections, each given for a transaction or for as long
//! as a connection lasts. It does nothing to clean them.
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

const SOCKET: &str = ".s.PGSQL.5432";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pools {
    Transactions,
    Sessions,
}

/// It ends with the process; its socket goes when it is dropped.
pub struct Pooler {
    directory: TempDir,
}

impl Pooler {
    pub fn start(server: &Path, pools: Pools) -> Self {
        let directory = TempDir::with_prefix_in("pgtend-pooler-", "/tmp").unwrap();
        let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
        let pool = Arc::new(Pool {
            socket: server.join(SOCKET),
            pools,
            idle: Mutex::default(),
            greeting: Mutex::default(),
        });
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), pool) = (client, Arc::clone(&pool)) else { return };
                // Whose connection ends has no more questions.
                thread::spawn(move || drop(pool.serve(client)));
            }
        });
        Self { directory }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

struct Pool {
    socket: PathBuf,
    pools: Pools,
    idle: Mutex<Vec<UnixStream>>,
    /// What the server says to a new connection.
    greeting: Mutex<Vec<u8>>,
}

impl Pool {
    fn serve(&self, mut client: UnixStream) -> io::Result<()> {
        let startup = message(&mut client, false)?;
        if self.greeting.lock().unwrap().is_empty() {
            let server = self.open(&startup)?;
            self.idle.lock().unwrap().push(server);
        }
        client.write_all(&self.greeting.lock().unwrap())?;
        let mut held: Option<UnixStream> = None;
        loop {
            let request = message(&mut client, true)?;
            if request[0] == b'X' {
                return Ok(());
            }
            let mut server = match held.take().or_else(|| self.idle.lock().unwrap().pop()) {
                Some(server) => server,
                None => self.open(&startup)?,
            };
            server.write_all(&request)?;
            // Only these are answered until the server is ready again.
            let within_transaction = !matches!(request[0], b'Q' | b'S') || relay(&mut server, &mut client)?;
            if within_transaction || self.pools == Pools::Sessions {
                held = Some(server);
            } else {
                self.idle.lock().unwrap().push(server);
            }
        }
    }

    fn open(&self, startup: &[u8]) -> io::Result<UnixStream> {
        let mut server = UnixStream::connect(&self.socket)?;
        server.write_all(startup)?;
        let mut greeting = Vec::new();
        while !greeting.ends_with(&[b'Z', 0, 0, 0, 5, b'I']) {
            greeting.extend(message(&mut server, true)?);
        }
        // A pid and a key of its own making.
        let at = greeting.windows(5).position(|head| head == [b'K', 0, 0, 0, 12]).unwrap();
        greeting[at + 5..at + 13].fill(1);
        *self.greeting.lock().unwrap() = greeting;
        Ok(server)
    }
}

/// Hands the answers on until the server is ready; whether it is in a transaction then.
fn relay(server: &mut UnixStream, client: &mut UnixStream) -> io::Result<bool> {
    loop {
        let answer = message(server, true)?;
        client.write_all(&answer)?;
        if answer[0] == b'Z' {
            return Ok(answer[5] != b'I');
        }
    }
}

/// One message; the first of a connection has no letter.
fn message(stream: &mut UnixStream, lettered: bool) -> io::Result<Vec<u8>> {
    let mut message = vec![0; if lettered { 5 } else { 4 }];
    stream.read_exact(&mut message)?;
    let start = message.len();
    let length = message[start - 4..].iter().fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
    message.resize(start + length - 4, 0);
    stream.read_exact(&mut message[start..])?;
    Ok(message)
}
