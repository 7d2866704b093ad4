//! How far the downloads are: a bar on a terminal, lines elsewhere, all on standard error.

use khw_core::cli;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

/// What all downloads tell.
pub(crate) struct Progress {
    terminal: bool,
    state: Mutex<State>,
}

struct State {
    rows: Vec<Row>,
    start: Instant,
    drawn: Instant,
}

/// One download.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    name: String,
    /// Bytes that are there.
    done: u64,
    /// Bytes of them that an earlier run brought.
    before: u64,
    /// All bytes, once the server has said.
    total: Option<u64>,
}

impl Progress {
    /// For these programs.
    pub(crate) fn new(names: &[&str]) -> Self {
        let rows = names.iter().map(|name| Row { name: (*name).to_owned(), ..Row::default() }).collect();
        let now = Instant::now();
        let state = Mutex::new(State { rows, start: now, drawn: now });
        Progress { terminal: std::io::stderr().is_terminal(), state }
    }

    /// The content of a program begins to come, from this byte on.
    pub(crate) fn begins(&self, name: &str, address: &str, from: u64, total: Option<u64>) {
        let mut state = self.state();
        if let Some(row) = state.row(name) {
            *row = Row { name: name.to_owned(), done: from, before: from, total };
        }
        if self.terminal {
            state.draw();
        } else {
            let all = total.map_or_else(|| "an unknown size".to_owned(), megabytes);
            let from = if from > 0 { format!(", from {} on", megabytes(from)) } else { String::new() };
            cli::note(crate::TOOL.name, format_args!("{name}: {all} from {address}{from}"));
        }
    }

    /// More bytes of it are there.
    pub(crate) fn advances(&self, name: &str, by: u64) {
        let mut state = self.state();
        let Some(row) = state.row(name) else { return };
        let before = row.quarter();
        row.done += by;
        let (after, total) = (row.quarter(), row.total);
        if self.terminal {
            if state.drawn.elapsed() >= REDRAW {
                state.draw();
            }
        } else if let (Some(before), Some(after), Some(total)) = (before, after, total) {
            for quarter in before + 1..=after.min(3) {
                cli::note(crate::TOOL.name, format_args!("{name}: {} % of {}", quarter * 25, megabytes(total)));
            }
        }
    }

    /// Says something beside it.
    pub(crate) fn note(&self, text: impl std::fmt::Display) {
        let state = self.state();
        self.clear();
        cli::note(crate::TOOL.name, text);
        drop(state);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers for people: half an update does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn row(&mut self, name: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.name == name)
    }

    /// One line, written over and over.
    fn draw(&mut self) {
        self.drawn = Instant::now();
        let _ = write!(std::io::stderr(), "\r{}\x1b[K", bar(&self.rows, self.start.elapsed()));
    }
}

impl Row {
    /// How many quarters of it are there.
    fn quarter(&self) -> Option<u64> {
        self.done.saturating_mul(4).checked_div(self.total?)
    }
}

/// `kubectl 100 %  kube-proxy 45 %  kubelet 12 %  [####------]  83.2 of 207.5 MB, 11.2 MB/s`
fn bar(rows: &[Row], elapsed: Duration) -> String {
    const WIDTH: u64 = 10;
    let mut text = String::new();
    let (mut done, mut before, mut all) = (0, 0, 0);
    for row in rows {
        match row.total.filter(|total| *total > 0) {
            Some(total) => {
                let _ = write!(text, "{} {} %  ", row.name, row.done.min(total).saturating_mul(100) / total);
                all += total;
            }
            None => {
                let _ = write!(text, "{} …  ", row.name);
            }
        }
        done += row.done;
        before += row.before;
    }
    let filled = done.min(all).saturating_mul(WIDTH).checked_div(all).unwrap_or(0);
    let bar: String = (0..WIDTH).map(|at| if at < filled { '#' } else { '-' }).collect();
    let rate = (done - before) as f64 / elapsed.as_secs_f64().max(0.001);
    let _ = write!(text, "[{bar}]  {:.1} of {}, {:.1} MB/s", done as f64 / 1e6, megabytes(all), rate / 1e6);
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::{Row, bar};
    use std::time::Duration;

    #[test]
    fn the_bar_says_how_far_each_is_and_how_fast_it_goes() {
        let row = |name: &str, done, before, total| Row { name: name.to_owned(), done, before, total };
        let rows = [
            row("kubectl", 40_000_000, 0, Some(40_000_000)),
            row("kube-proxy", 10_000_000, 5_000_000, Some(40_000_000)),
            row("kubelet", 0, 0, None),
        ];
        assert_eq!(
            bar(&rows, Duration::from_secs(10)),
            "kubectl 100 %  kube-proxy 25 %  kubelet …  [######----]  50.0 of 80.0 MB, 4.5 MB/s"
        );
        assert_eq!(bar(&[], Duration::ZERO), "[----------]  0.0 of 0.0 MB, 0.0 MB/s");
    }
}
