//! The page of `report html` in a real browser, which is behind a proxy that sees whatever it asks for. The browser itself
//! tells what it has drawn: a frame around the page reads it back, light and dark, wide and narrow.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::{env, fs};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::common::database::Database;

const TABLES: usize = 4000;
const MOST_BYTES: usize = 150_000;
const HOST: &str = "page.test";
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Asks for nothing by itself, and has nothing to remember.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
];
/// A picture of every host, and news from its maker, whatever flags it is given.
const ITS_OWN: [&str; 4] = ["/favicon.ico", ".google.com", ".googleapis.com", ".gstatic.com"];
/// The page in a frame of a given width, and what a reader would measure in it.
const FRAME: &str = "<!DOCTYPE html><iframe src=\"/report.html\" style=\"width:WIDTHpx;height:900px;border:0\"></iframe>
<pre id=\"seen\"></pre><script>
document.querySelector('iframe').onload = event => {
  const page = event.target.contentDocument, all = chosen => page.querySelectorAll(chosen).length;
  const shown = [...page.querySelectorAll('.lane rect')].filter(block => block.getBoundingClientRect().width > 0).length;
  document.getElementById('seen').textContent = JSON.stringify({
    ground: getComputedStyle(page.body).backgroundColor, ink: getComputedStyle(page.body).color,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    sections: all('main > section'), rows: all('table.list tbody tr'), lanes: all('.lane svg'), blocks: shown,
    sparks: all('td.spark path'), chips: all('.chip'), scripts: all('script'), images: all('img'),
    tables: page.getElementById('sizes').innerText });
};</script>";

#[tokio::test]
#[ignore = "needs a browser; ./x torture pages runs it"]
async fn pages() {
    let db = large().await;
    let file = db.home().join("report.html");
    let output = file.to_str().unwrap().to_owned();
    let program = db.pgtend(["report", "html", "--now", "2026-02-10T12:00:00Z", "-o", &output]);
    tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
    let page = fs::read_to_string(&file).unwrap();
    assert!(page.len() < MOST_BYTES, "{} bytes for {TABLES} tables", page.len());

    let browser = Browser::new(db.home());
    let (light, asked) = browser.see(&page, 1240, false).await;
    assert_eq!(asked, [format!("GET http://{HOST}/frame.html"), format!("GET http://{HOST}/report.html")]);
    assert_eq!((&light["sections"], &light["scripts"], &light["images"]), (&8.into(), &0.into(), &0.into()));
    assert!(light["rows"].as_u64() > Some(40) && light["chips"].as_u64() > Some(25), "{light}");
    assert!(light["lanes"] == 2 && light["blocks"].as_u64() > Some(10) && light["sparks"] == 1, "{light}");
    assert!(light["tables"].as_str().unwrap().contains("<script>alert(1)</script>"), "{light}");
    assert_eq!(light["overflow"], 0, "{light}");

    let (dark, _) = browser.see(&page, 1240, true).await;
    assert!(brightness(&light["ground"]) > 200 && brightness(&light["ink"]) < 60, "{light}");
    assert!(brightness(&dark["ground"]) < 40 && brightness(&dark["ink"]) > 200, "{dark}");
    let (narrow, _) = browser.see(&page, 360, false).await;
    assert_eq!(narrow["overflow"], 0, "a telephone's reader would have to push it about: {narrow}");

    let pdf = browser.print(&page).await;
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 20_000, "{} bytes of PDF", pdf.len());
    let hostile =
        page.replace("</h2>", "</h2><img src=\"http://elsewhere.test/x.png\"><script>alert(1)</script>");
    let (_, asked) = browser.see_loudly(&hostile).await;
    assert!(!asked.iter().any(|request| request.contains("elsewhere")), "{asked:?}");
    println!(
        "pages: {TABLES} tables in {} bytes; {} rows, {} blocks and {} checks drawn; no request, no word on the console",
        page.len(),
        light["rows"],
        light["blocks"],
        light["chips"]
    );
}

/// Thousands of tables with names that would be markup, two partitioned ones, and a day of history.
async fn large() -> Database {
    let db = Database::create().await;
    for some in 0..TABLES / 500 {
        db.batch(&format!(
            "do $$ begin for i in {}..{} loop
               execute format('create table %I ()', '<b>&\"' || i || repeat('<', 50)); end loop; end $$",
            some * 500 + 1,
            some * 500 + 500
        ))
        .await;
    }
    db.batch(
        "create extension pg_stat_statements;
         create table \"<script>alert(1)</script>\" as select i, repeat('x', 200) from generate_series(1, 20000) as i;
         create table events (at timestamptz) partition by range (at);
         create table late (at date) partition by range (at);
         create table late_1 partition of late for values from ('2025-01-01') to ('2025-02-01');
         do $$ begin for m in 0..17 loop
           execute format('create table events_%s partition of events for values from (%L) to (%L)', m,
             date '2025-01-01' + m * interval '1 month', date '2025-01-01' + (m + 1) * interval '1 month');
         end loop; end $$;
         analyze",
    )
    .await;
    db.pgtend(["stats", "init"]).run().success();
    db.pgtend(["stats", "capture"]).run().success();
    db.batch("select pg_sleep(0.3)").await;
    db.pgtend(["stats", "capture"]).run().success();
    // The page is of another day than this.
    db.batch(
        "update pgtend.snapshot set began = timestamptz '2026-02-10 11:00Z', at = timestamptz '2026-02-10 11:30Z'
         where began is not null",
    )
    .await;
    db
}

/// Of `rgb(14, 19, 25)`.
fn brightness(color: &Value) -> u32 {
    let numbers = color.as_str().unwrap().trim_start_matches("rgb(").trim_end_matches(')');
    numbers.split(", ").map(|part| part.parse::<u32>().unwrap()).sum::<u32>() / 3
}

struct Browser {
    program: PathBuf,
    home: PathBuf,
}

impl Browser {
    fn new(home: &Path) -> Self {
        let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        let mut programs =
            BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let program = programs.find(|program| program.is_file());
        let program = program
            .expect("no Chromium: apt-get install chromium, or dnf, apk, brew install --cask chromium");
        Self { program, home: home.to_owned() }
    }

    /// What the frame has measured, and every request that the browser made. A word on its console fails the test.
    async fn see(&self, page: &str, width: u32, dark: bool) -> (Value, Vec<String>) {
        let (out, asked) = self.open(page, width, dark).await;
        assert!(!out.console.contains("CONSOLE"), "{}", out.console);
        (out.seen, asked)
    }

    /// As [`Browser::see`], of a page that the browser has reason to complain of.
    async fn see_loudly(&self, page: &str) -> (Value, Vec<String>) {
        let (out, asked) = self.open(page, 1240, false).await;
        assert!(out.console.contains("Content Security Policy"), "nothing was refused\n{}", out.console);
        (out.seen, asked)
    }

    async fn open(&self, page: &str, width: u32, dark: bool) -> (Seen, Vec<String>) {
        let frame = FRAME.replace("WIDTH", &width.to_string());
        let proxy = Proxy::start(&frame, page).await;
        let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
        let run = self.run(&proxy, &[&scheme, "--virtual-time-budget=10000", "--dump-dom"]).await;
        let dom = String::from_utf8_lossy(&run.0).into_owned();
        let begin =
            dom.find("<pre id=\"seen\">").unwrap_or_else(|| panic!("no frame\n{dom}\n{}", run.1)) + 15;
        let seen = &dom[begin..begin + dom[begin..].find("</pre>").unwrap()];
        let seen = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let seen = serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {seen}\n{}", run.1));
        (Seen { seen, console: run.1 }, proxy.asked())
    }

    async fn print(&self, page: &str) -> Vec<u8> {
        let proxy = Proxy::start(page, page).await;
        let file = self.home.join("report.pdf");
        self.run(&proxy, &["--no-pdf-header-footer", &format!("--print-to-pdf={}", file.display())]).await;
        fs::read(file).unwrap()
    }

    async fn run(&self, proxy: &Proxy, arguments: &[&str]) -> (Vec<u8>, String) {
        let mut command = Command::new(&self.program);
        command.args(FLAGS).args(arguments);
        command.arg(format!("--proxy-server=http://127.0.0.1:{}", proxy.port));
        // Else it goes past the proxy for what it takes for this machine.
        command.arg("--proxy-bypass-list=<-loopback>");
        command.arg(format!("--user-data-dir={}", self.home.join("browser").display()));
        command.arg(format!("http://{HOST}/frame.html"));
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (done.stdout, String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

struct Seen {
    seen: Value,
    console: String,
}

/// Answers for one host, and notes every request for any.
struct Proxy {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(frame: &str, page: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, frame, page) = (Arc::clone(&requests), frame.to_owned(), page.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, frame, page) = (Arc::clone(&noted), frame.clone(), page.clone());
                tokio::spawn(async move { answer(stream, &noted, &frame, &page).await });
            }
        });
        Self { port, requests }
    }

    /// But for what a browser wants by itself.
    fn asked(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let own = |request: &&String| ITS_OWN.iter().any(|part| request.contains(part));
        requests.iter().filter(|request| !own(request)).cloned().collect()
    }
}

async fn answer(mut stream: TcpStream, noted: &Mutex<Vec<String>>, frame: &str, page: &str) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head);
    let request = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    noted.lock().unwrap().push(request.clone());
    let (status, body) = match request.strip_prefix(&format!("GET http://{HOST}")) {
        Some("/frame.html") => ("200 OK", frame),
        Some("/report.html") => ("200 OK", page),
        _ => ("404 Not Found", ""),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()
}
