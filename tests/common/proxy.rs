//! Stands on a Unix socket between the program and the server, counts what the program asks, and at one of its requests
//! does what the test wants: kill the program, terminate its sessions, crash the server. It must not know what the requests mean.
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::mem;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::NoTls;

use super::program::{Output, Program};
use super::server::server;

const SOCKET: &str = ".s.PGSQL.5432";

/// A point in a run: at one request, numbered from 1 over all connections.
#[derive(Clone, Debug)]
pub struct Moment {
    pub request: Request,
    pub side: Side,
}

#[derive(Clone, Debug)]
pub enum Request {
    Number(usize),
    /// The first one with this text in it.
    Containing(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The server never hears of the request.
    Before,
    /// The server has it, and nobody hears the answer.
    After,
}

/// What happens at the moment.
pub enum Act {
    /// From then on nothing passes any more.
    Ends(Box<dyn FnOnce(Pid) + Send>),
    /// The rest passes, as far as there are sessions left.
    Disturbs(Box<dyn FnOnce() + Send>),
}

/// How a run through the proxy ended.
#[derive(Debug)]
pub struct Passage {
    pub output: Output,
    pub requests: usize,
    /// The request at which the act was done; none when the run ended before.
    pub struck: Option<String>,
}

/// `kill -9`
pub fn kill() -> Act {
    Act::Ends(Box::new(|pid| {
        // Gone already: then its run has ended, which the test sees.
        let _ = kill_process(pid, Signal::KILL);
    }))
}

/// `pg_terminate_backend` of so many sessions in a database, any of them; they are over when it returns.
pub fn terminate(database: &str, sessions: i64) -> Act {
    const QUERY: &str = "
        select count(pg_terminate_backend(pid, 30000))
        from (select pid from pg_stat_activity where datname = $1 order by random() limit $2) as session";
    let database = database.to_owned();
    Act::Disturbs(Box::new(move || {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let postgres = server().url("postgres");
            let (client, connection) = tokio_postgres::connect(&postgres, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query_one(QUERY, &[&database, &sessions]).await.unwrap();
        });
    }))
}

/// Runs the program that `program` makes for a proxy's directory, and acts at the moment.
pub fn run(server: &Path, moment: Moment, act: Act, program: impl FnOnce(&Path) -> Program) -> Passage {
    let directory = TempDir::with_prefix_in("pgtend-proxy-", "/tmp").unwrap();
    let gate = Arc::new(Mutex::new(Gate { moment, act: Some(act), ..Gate::default() }));
    let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
    let (door, socket) = (Arc::clone(&gate), server.join(SOCKET));
    let accepting = thread::spawn(move || accept(&listener, &socket, &door));
    let output = {
        // Nothing passes before the gate knows whom to kill.
        let mut closed = Some(gate.lock().unwrap());
        program(directory.path()).run_watched(|child| {
            closed.take().unwrap().program = Some(Pid::from_child(child));
        })
    };
    gate.lock().unwrap().ended = true;
    // Wakes the thread, which sees that it is over.
    drop(UnixStream::connect(directory.path().join(SOCKET)));
    accepting.join().unwrap();
    let gate = gate.lock().unwrap();
    Passage { output, requests: gate.requests, struck: gate.struck.clone() }
}

/// What all connections of a run pass through, one request at a time.
#[derive(Default)]
struct Gate {
    moment: Moment,
    act: Option<Act>,
    program: Option<Pid>,
    requests: usize,
    struck: Option<String>,
    ended: bool,
}

impl Default for Moment {
    fn default() -> Self {
        Self { request: Request::Number(usize::MAX), side: Side::Before }
    }
}

impl Gate {
    /// Hands a frame to the server, or strikes. `false`: the connection is over.
    fn pass(&mut self, frame: &Frame, server: &mut UnixStream) -> bool {
        if self.ended {
            return false;
        }
        if !self.strikes(frame) {
            return server.write_all(&frame.bytes).is_ok();
        }
        self.struck.clone_from(&frame.asks);
        if self.moment.side == Side::After && server.write_all(&frame.bytes).is_err() {
            self.ended = true;
            return false;
        }
        match self.act.take() {
            Some(Act::Disturbs(act)) => {
                act();
                // A session that is over has said so itself.
                let _ = self.moment.side == Side::After || server.write_all(&frame.bytes).is_ok();
                true
            }
            Some(Act::Ends(act)) => {
                self.ended = true;
                if let Some(program) = self.program {
                    act(program);
                }
                false
            }
            None => true,
        }
    }

    fn strikes(&mut self, frame: &Frame) -> bool {
        let Some(text) = &frame.asks else { return false };
        self.requests += 1;
        let is_it = match self.moment.request {
            Request::Number(number) => number == self.requests,
            Request::Containing(part) => text.contains(part),
        };
        is_it && self.struck.is_none()
    }
}

fn accept(listener: &UnixListener, socket: &PathBuf, gate: &Arc<Mutex<Gate>>) {
    for client in listener.incoming() {
        if gate.lock().unwrap().ended {
            return;
        }
        let (Ok(client), Ok(server)) = (client, UnixStream::connect(socket)) else { continue };
        let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || answers(from, to));
        let gate = Arc::clone(gate);
        thread::spawn(move || requests(client, server, &gate));
    }
}

fn answers(mut server: UnixStream, mut client: UnixStream) {
    let _ = io::copy(&mut server, &mut client);
    close(&server);
    close(&client);
}

fn requests(client: UnixStream, mut server: UnixStream, gate: &Mutex<Gate>) {
    let mut frames = Frames { client, started: false, prepared: String::new(), executed: false };
    while let Ok(frame) = frames.next() {
        if !gate.lock().unwrap().pass(&frame, &mut server) {
            break;
        }
    }
    close(&server);
    close(&frames.client);
}

fn close(stream: &UnixStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

/// One message of the frontend. `asks`: the server acts on it, on this text.
struct Frame {
    bytes: Vec<u8>,
    asks: Option<String>,
}

/// The messages of one connection (manual: 55.7, "Message Formats").
struct Frames {
    client: UnixStream,
    started: bool,
    prepared: String,
    executed: bool,
}

impl Frames {
    fn next(&mut self) -> io::Result<Frame> {
        const STARTUP: u32 = 196_608;
        let mut head = vec![0; if self.started { 5 } else { 4 }];
        self.client.read_exact(&mut head)?;
        let length = head[head.len() - 4..].iter().fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
        let mut body = vec![0; length.checked_sub(4).ok_or(ErrorKind::InvalidData)?];
        self.client.read_exact(&mut body)?;
        let asks = if self.started {
            self.asked(head[0], &body)
        } else {
            self.started = body.starts_with(&STARTUP.to_be_bytes());
            Some(if self.started { "connect" } else { "connect or cancel" }.to_owned())
        };
        head.extend(body);
        Ok(Frame { bytes: head, asks })
    }

    /// What a message makes the server do. Of the extended protocol the `Sync` after `Execute`: before, nothing is
    /// for good.
    fn asked(&mut self, kind: u8, body: &[u8]) -> Option<String> {
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap()).into_owned()
        };
        match kind {
            b'Q' => Some(text(body)),
            b'S' => mem::take(&mut self.executed).then(|| self.prepared.clone()),
            b'E' => {
                self.executed = true;
                None
            }
            b'P' => {
                let name = body.iter().position(|byte| *byte == 0).unwrap();
                self.prepared = text(&body[name + 1..]);
                None
            }
            _ => None,
        }
    }
}
