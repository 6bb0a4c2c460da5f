//! The cost of the client beside forty lines of reqwest, serde_json and chrono that
//! decode the same members, as ratios.
//!
//! `cargo bench -p overhead` prints the table of README. Instructions are counted
//! by valgrind, where it is installed, and are the same in every run; times depend on
//! the machine, and for 2 rows on which core the server wakes.
//! `cargo bench -p overhead -- --check` counts instructions only, and fails where a
//! ratio is 5 % above the one in `instructions.json`; `-- --accept` writes it.

mod by_hand;
mod server;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use oceanbase_ocp::Client;
use oceanbase_ocp::types::RestoreTaskListResponse;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The file of the accepted ratios.
const ACCEPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
/// How far a ratio may be above the accepted one.
const TOLERANCE: f64 = 1.05;
/// How many calls are under way at once.
const AT_ONCE: usize = 64;

/// A piece of work that both sides do.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    work: Work,
    /// Rows in a response.
    rows: usize,
    /// How often it is done between two looks at the clock.
    repeated: usize,
    /// How often the clock is looked at.
    rounds: usize,
    /// How often it is done to count instructions, at first and at last.
    counted: Option<[usize; 2]>,
}

#[derive(Clone, Copy)]
enum Work {
    Decoding,
    Call,
    /// All pages of a list of a million rows.
    Pages,
    Concurrent,
}

const CASES: [Case; 9] = [
    case(
        "decoding, 2 rows",
        Work::Decoding,
        2,
        2000,
        20,
        Some([200, 1200]),
    ),
    case(
        "decoding, 200 rows",
        Work::Decoding,
        200,
        20,
        50,
        Some([10, 30]),
    ),
    case(
        "decoding, 2000 rows",
        Work::Decoding,
        2000,
        2,
        50,
        Some([2, 4]),
    ),
    case("a call, 2 rows", Work::Call, 2, 20, 100, Some([200, 1200])),
    case("a call, 200 rows", Work::Call, 200, 5, 60, Some([20, 60])),
    case("a call, 2000 rows", Work::Call, 2000, 2, 30, Some([4, 8])),
    case(
        "64 calls at once, 2 rows",
        Work::Concurrent,
        2,
        20,
        20,
        None,
    ),
    case(
        "64 calls at once, 200 rows",
        Work::Concurrent,
        200,
        2,
        20,
        None,
    ),
    case(
        "a million rows, in pages of 1000",
        Work::Pages,
        1000,
        1,
        5,
        None,
    ),
];

const fn case(
    name: &'static str,
    work: Work,
    rows: usize,
    repeated: usize,
    rounds: usize,
    counted: Option<[usize; 2]>,
) -> Case {
    Case {
        name,
        work,
        rows,
        repeated,
        rounds,
        counted,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Client,
    ByHand,
}

impl Case {
    /// Does the work so many times, with the server at this URL.
    async fn run(self, side: Side, times: usize, url: &str) -> Outcome {
        let client = Client::new(url)?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let body = server::body(self.rows, self.rows)?;
        let call = async |rows: usize| -> Outcome {
            let count = match side {
                Side::Client => {
                    let request = client
                        .list_tenant_restore_tasks()
                        .cluster_id(1)
                        .tenant_id(2);
                    let response = request.page(1).size(10).send().await?;
                    response.value().data.contents.len()
                }
                Side::ByHand => by_hand::call(&http, url, 1, 10).await?.contents.len(),
            };
            (count == rows)
                .then_some(())
                .ok_or("rows are missing".into())
        };
        for _ in 0..times {
            match self.work {
                Work::Decoding => {
                    let count = match side {
                        Side::Client => {
                            let body: RestoreTaskListResponse = serde_json::from_str(&body)?;
                            body.data.contents.len()
                        }
                        Side::ByHand => by_hand::decode(body.as_bytes())?.contents.len(),
                    };
                    assert_eq!(count, self.rows);
                }
                Work::Call => call(self.rows).await?,
                Work::Concurrent => {
                    let calls = (0..AT_ONCE).map(|_| call(self.rows));
                    futures_util::future::try_join_all(calls).await?;
                }
                Work::Pages => {
                    let request = client
                        .list_tenant_restore_tasks()
                        .cluster_id(1)
                        .tenant_id(2);
                    let count = match side {
                        Side::Client => {
                            let mut rows = request.size(self.rows as i64).rows();
                            let mut count = 0;
                            while rows.next().await.transpose()?.is_some() {
                                count += 1;
                            }
                            count
                        }
                        Side::ByHand => by_hand::pages(&http, url, self.rows).await?,
                    };
                    assert_eq!(count, server::MANY);
                }
            }
        }
        Ok(())
    }

    /// How much longer the client takes, by the medians of turns in random order.
    async fn timed(self, random: &mut Random) -> Outcome<[Duration; 2]> {
        let url = server::start(self.rows, matches!(self.work, Work::Pages))?;
        let mut times = [Vec::new(), Vec::new()];
        let mut memory = [const { String::new() }; 2];
        for _ in 0..self.rounds {
            let mut turns = [Side::Client, Side::ByHand];
            if random.flip() {
                turns.reverse();
            }
            for side in turns {
                let started = Instant::now();
                match self.work {
                    // In a process of its own, which says how much memory it took.
                    Work::Pages => memory[side as usize] = self.alone(side, &url)?,
                    _ => self.run(side, self.repeated, &url).await?,
                }
                times[side as usize].push(started.elapsed() / self.repeated as u32);
            }
        }
        if let Work::Pages = self.work {
            println!(
                "(memory at most: client {}, by hand {})",
                memory[0], memory[1]
            );
        }
        Ok(times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        }))
    }

    /// Does the work in a process of its own, and returns the most memory that it took.
    fn alone(self, side: Side, url: &str) -> Outcome<String> {
        let output = Command::new(std::env::current_exe()?)
            .args(arguments(self.name, side, self.repeated, url))
            .output()?;
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into()),
        }
    }

    /// How many instructions the client takes, and how many it takes by hand, once;
    /// `None` without valgrind.
    fn instructions(self) -> Outcome<Option<[u64; 2]>> {
        let Some([few, many]) = self.counted else {
            return Ok(None);
        };
        let url = server::start(self.rows, false)?;
        let mut counts = [0; 2];
        for side in [Side::Client, Side::ByHand] {
            let [less, more] = [few, many].map(|times| count(self.name, side, times, &url));
            let (Some(less), Some(more)) = (less?, more?) else {
                return Ok(None);
            };
            counts[side as usize] = more.saturating_sub(less) / (many - few) as u64;
        }
        Ok(Some(counts))
    }
}

/// The argument that lets a process of its own do the work.
fn arguments(case: &str, side: Side, times: usize, url: &str) -> [String; 5] {
    let side = match side {
        Side::Client => "client",
        Side::ByHand => "hand",
    };
    ["--alone", case, side, &times.to_string(), url].map(str::to_owned)
}

/// The most memory that this process took, where the system says so.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap_or("unknown").trim().to_owned()
}

/// The instructions of a process that does the work so many times.
fn count(case: &str, side: Side, times: usize, url: &str) -> Outcome<Option<u64>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(arguments(case, side, times, url))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let report = String::from_utf8_lossy(&output.stderr);
    let count = report
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    match (output.status.success(), count) {
        (true, Some((_, count))) => Ok(Some(count.trim().parse()?)),
        _ => Err(format!("valgrind failed: {report}").into()),
    }
}

/// Which side goes first: whoever follows the slower one pays for cold caches.
struct Random(u64);

impl Random {
    fn flip(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & 1 == 0
    }
}

/// The ratios of instructions by case; `None` without valgrind.
fn ratios() -> Outcome<Option<BTreeMap<&'static str, f64>>> {
    let mut ratios = BTreeMap::new();
    for case in CASES.iter().filter(|case| case.counted.is_some()) {
        let Some([client, by_hand]) = case.instructions()? else {
            return Ok(None);
        };
        let ratio = client as f64 / by_hand as f64;
        println!("{:36} {client:12} {by_hand:12}  {ratio:5.3}", case.name);
        ratios.insert(case.name, ratio);
    }
    Ok(Some(ratios))
}

fn check() -> Outcome {
    let accepted: BTreeMap<String, f64> =
        serde_json::from_str(&std::fs::read_to_string(ACCEPTED)?)?;
    let Some(ratios) = ratios()? else {
        // A check that did not happen must not pass if nobody reads this.
        return match std::env::var_os("CI") {
            Some(_) => Err("instructions were not measured: install valgrind".into()),
            None => {
                println!("not measured: valgrind is not installed");
                Ok(())
            }
        };
    };
    let mut slower = Vec::new();
    for (name, ratio) in &ratios {
        let accepted = *accepted
            .get(*name)
            .ok_or("a case has no accepted ratio; run with `-- --accept`")?;
        if *ratio > accepted * TOLERANCE {
            slower.push(format!("{name}: {ratio:.3}, accepted is {accepted:.3}"));
        }
    }
    match slower.as_slice() {
        [] => Ok(()),
        slower => Err(format!(
            "the client takes more instructions than accepted:\n  {}\nrun with `-- --accept` if that is meant",
            slower.join("\n  ")
        )
        .into()),
    }
}

fn accept() -> Outcome {
    let ratios = ratios()?.ok_or("valgrind is not installed")?;
    let rounded: BTreeMap<_, _> = ratios
        .iter()
        .map(|(name, ratio)| (name, (ratio * 1000.0).round() / 1000.0))
        .collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "version control has the one before"
    )]
    std::fs::write(ACCEPTED, serde_json::to_string_pretty(&rounded)? + "\n")?;
    Ok(())
}

async fn table() -> Outcome {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let mut random = Random(seed.as_nanos() as u64 | 1);
    println!("| | client | by hand | time | instructions |");
    println!("|---|---|---|---|---|");
    for case in CASES {
        let [client, by_hand] = case.timed(&mut random).await?;
        let time = client.as_secs_f64() / by_hand.as_secs_f64();
        let instructions = match case.instructions()? {
            Some([client, by_hand]) => format!("{:.2}", client as f64 / by_hand as f64),
            None => "not measured".into(),
        };
        println!(
            "| {} | {client:.1?} | {by_hand:.1?} | {time:.2} | {instructions} |",
            case.name
        );
    }
    println!("\nTimes of calls with 2 rows measure the scheduler more than the client.");
    Ok(())
}

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| one != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match arguments.as_slice() {
        [] => runtime.block_on(table()),
        ["--check"] => check(),
        ["--accept"] => accept(),
        ["--alone", name, side, times, url] => {
            let case = CASES
                .iter()
                .find(|case| case.name == *name)
                .ok_or("no such case")?;
            let side = if *side == "client" {
                Side::Client
            } else {
                Side::ByHand
            };
            runtime.block_on(case.run(side, times.parse()?, url))?;
            println!("{}", peak_memory());
            Ok(())
        }
        _ => Err("arguments are `--check`, `--accept`, or none".into()),
    }
}
