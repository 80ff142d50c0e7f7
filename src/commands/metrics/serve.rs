//! The numbers and the health over HTTP. One reading at a time, shared by all who ask meanwhile; a bounded number of
//! connections, each for one request; nothing that a client or the server does ends it.
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify};

use crate::commands::context::Context;
use crate::commands::health::{Document, Examined, SCHEMA, Selection, examine, gather, unreached};
use crate::commands::metrics::args::Wanted;
use crate::commands::metrics::scrape::{Scrape, scrape};
use crate::failure::{Exit, one_line};
use crate::operations::health::{Probe, State, judge};

/// One more, and the oldest that has not asked yet is let go.
const CONNECTIONS: usize = 256;
/// Who could not open a session by then cannot serve anybody.
const READY: Duration = Duration::from_secs(2);
/// Who has not asked by then makes room for others.
const SAY_WHAT: Duration = Duration::from_secs(2);
/// Who sends or takes longer than this beyond a reading's own time is let go.
const SLOW_CLIENT: Duration = Duration::from_secs(10);
/// Who asks again within this gets the same answer.
const FRESH: Duration = Duration::from_secs(1);
/// How often idle sessions are looked for.
const TIDY: Duration = Duration::from_secs(5);
const AFTER_ERROR: Duration = Duration::from_millis(100);
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// # Errors
/// When the address cannot be listened on. Stopped by a signal, it ends well.
pub async fn serve(context: &Context, wanted: &Wanted, address: SocketAddr) -> anyhow::Result<Exit> {
    // A setting that cannot be read would fail every request.
    context.settings()?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        context.ui.warning(&format!(
            "{address} is reached from other machines, and nobody is asked for a password"
        ));
    }
    context.ui.status(&format!("serving on http://{address}/metrics"));
    let server = Server { context, wanted, answers: RefCell::default(), turns: <[Mutex<()>; 2]>::default() };
    let mut clients = FuturesUnordered::new();
    let mut waiting = Waiting::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if clients.len() >= CONNECTIONS {
                        waiting.let_go();
                    }
                    clients.push(server.client(stream, waiting.enter()));
                }
                Err(error) => {
                    tracing::debug!("accept: {error}");
                    tokio::time::sleep(AFTER_ERROR).await;
                }
            },
            Some(()) = clients.next() => {}
            stopped = context.stop.sleep(TIDY) => {
                if stopped.is_err() {
                    return Ok(Exit::Done);
                }
                context.tidy_pool();
            }
        }
    }
}

struct Server<'a> {
    context: &'a Context,
    wanted: &'a Wanted,
    /// The last answer of each page.
    answers: RefCell<Vec<(Page, Instant, Answer)>>,
    /// Of the pages that read much, and of the one that must not wait for them.
    turns: [Mutex<()>; 2],
}

/// A connection, as long as it is there.
#[derive(Default)]
struct Guest {
    has_asked: Cell<bool>,
    leave: Notify,
}

/// The connections, the oldest first.
#[derive(Default)]
struct Waiting(VecDeque<Weak<Guest>>);

impl Waiting {
    fn enter(&mut self) -> Rc<Guest> {
        self.0.retain(|guest| guest.strong_count() > 0);
        let guest = Rc::new(Guest::default());
        self.0.push_back(Rc::downgrade(&guest));
        guest
    }

    /// The oldest that has said nothing to answer; if all have, the oldest.
    fn let_go(&mut self) {
        let silent = |guest: &Weak<Guest>| guest.upgrade().is_some_and(|guest| !guest.has_asked.get());
        let index = self.0.iter().position(silent).unwrap_or(0);
        if let Some(guest) = self.0.remove(index).and_then(|guest| guest.upgrade()) {
            guest.leave.notify_one();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Page {
    Metrics,
    Live,
    Ready,
    Detailed,
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: Rc<str>,
}

impl Server<'_> {
    async fn client(&self, stream: TcpStream, guest: Rc<Guest>) {
        let service = service_fn(|request| {
            guest.has_asked.set(true);
            async move { Ok::<_, Infallible>(self.answer(&request).await) }
        });
        let mut server = http1::Builder::new();
        server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(SAY_WHAT);
        let served = server.serve_connection(TokioIo::new(stream), service);
        let limit = self.wanted.timeout * 2 + SLOW_CLIENT;
        tokio::select! {
            served = tokio::time::timeout(limit, served) => if let Ok(Err(error)) = served {
                tracing::debug!("client: {error}");
            },
            () = guest.leave.notified() => tracing::debug!("client: let go for another"),
        }
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let page = match request.uri().path() {
            "/metrics" => Page::Metrics,
            "/health/live" => Page::Live,
            "/health/ready" => Page::Ready,
            "/health/detailed" | "/health" => Page::Detailed,
            _ => {
                let pages = "/metrics\n/health/live\n/health/ready\n/health/detailed\n";
                return response(&Answer { status: StatusCode::NOT_FOUND, kind: TEXT, body: pages.into() });
            }
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused =
                Answer { status: StatusCode::METHOD_NOT_ALLOWED, kind: TEXT, body: "GET only\n".into() };
            let mut refused = response(&refused);
            refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        response(&self.page(page).await)
    }

    async fn page(&self, page: Page) -> Answer {
        // Whether this process lives is asked of it alone, not of the database.
        if page == Page::Live {
            return Answer { status: StatusCode::OK, kind: TEXT, body: "live\n".into() };
        }
        let _turn = self.turns[usize::from(page == Page::Ready)].lock().await;
        if let Some(answer) = self.fresh(page) {
            return answer;
        }
        let answer = self.read(page).await.unwrap_or_else(|error| Answer {
            status: StatusCode::SERVICE_UNAVAILABLE,
            kind: TEXT,
            body: format!("{}\n", one_line(&error)).into(),
        });
        let mut answers = self.answers.borrow_mut();
        answers.retain(|(known, ..)| *known != page);
        answers.push((page, Instant::now(), answer.clone()));
        answer
    }

    fn fresh(&self, page: Page) -> Option<Answer> {
        let answers = self.answers.borrow();
        let known = answers.iter().find(|(known, at, _)| *known == page && at.elapsed() < FRESH);
        known.map(|(.., answer)| answer.clone())
    }

    async fn read(&self, page: Page) -> anyhow::Result<Answer> {
        let (probe, examined) = match page {
            Page::Metrics => {
                // Prometheus wants 200: that the server is down is a number among others.
                let Scrape { text, .. } = scrape(self.context, self.wanted).await?;
                return Ok(Answer { status: StatusCode::OK, kind: PROMETHEUS, body: text.into() });
            }
            Page::Live | Page::Ready => (Probe::Ready, self.examine_anew().await?),
            Page::Detailed => {
                let selection = Selection::of_probe(self.context, Probe::Full)?;
                (Probe::Full, examine(self.context, &selection, self.wanted.timeout).await?)
            }
        };
        let state = examined.state();
        let status = match state {
            State::Critical | State::Unknown if page == Page::Ready => StatusCode::SERVICE_UNAVAILABLE,
            State::Critical => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        let document = Document::new(&examined, probe, Exit::Foreign(state.code().unwrap_or(0)));
        let mut body = serde_json::to_value(document)?;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("schema".to_owned(), SCHEMA.into());
        }
        Ok(Answer { status, kind: JSON, body: serde_json::to_string_pretty(&body)?.into() })
    }

    /// Over a session of its own: one of the pool goes on while nobody else can connect.
    async fn examine_anew(&self) -> anyhow::Result<Examined> {
        let (context, began) = (self.context, Instant::now());
        let selection = Selection::of_probe(context, Probe::Ready)?;
        let reading = async {
            let session = context.connect_to_read().await?;
            let connected_ms = began.elapsed().as_secs_f64() * 1000.0;
            let evidence = gather(context, &session, &selection, connected_ms).await;
            anyhow::Ok((session.facts().clone(), evidence))
        };
        let late = |_| Err(anyhow::anyhow!("no answer within {}", humantime::format_duration(READY)));
        let read = tokio::time::timeout(READY.min(self.wanted.timeout), reading).await.unwrap_or_else(late);
        context.stop.check()?;
        Ok(match read {
            Ok((facts, evidence)) => {
                let verdicts = judge(&evidence, &selection.checks, &selection.limits);
                Examined { facts: Some(facts), verdicts, took: began.elapsed() }
            }
            Err(error) => unreached(&selection, &error, began),
        })
    }
}

fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(answer.body.as_bytes())));
    *response.status_mut() = answer.status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(answer.kind));
    response
}
