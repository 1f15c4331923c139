//! For terminals: a few lines at the bottom that say what goes on, and above them what has come about.
//!
//! One total bar, and rows for the hosts longest at work; never a bar per host. The only home of indicatif, which
//! owns the lines at the bottom; what they say is laid out in `screen`. Drawn in [`Reporter::tick`] alone, so
//! redraws are as rare as ticks, and nothing is written when nothing moved.

mod aside;
mod pace;
mod rows;
mod screen;
mod terminal;
mod trouble;

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use unicode_width::UnicodeWidthStr;

pub use self::aside::aside;
use self::screen::Screen;
use self::terminal::Terminal;
use super::narrator::{Detail, Narrator};
use super::outlet::Outlet;
use super::paint::{Paint, Tone};
use super::words;
use super::{Options, Reporter};
use crate::event::{Event, Stamped};
use crate::name::Name;

/// What a terminal is taken for that does not tell its size.
const USUAL_SIZE: Size = Size {
    rows: 24,
    columns: 80,
};

/// Lines that wait for a terminal that stands still; more of them are left out, the oldest first.
const WAITING: usize = 2000;

/// A terminal's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters per line.
    pub columns: u16,
}

/// Whether stdout is a terminal that lines can be redrawn on, with a person before it.
pub fn is_available() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    io::stdout().is_terminal() && !term.is_empty() && term != "dumb" && std::env::var_os("CI").is_none()
}

/// Draws a run on a terminal.
pub struct Tty {
    narrator: Narrator,
    paint: Paint,
    terminal: Terminal,
    size: Box<dyn Fn() -> Size + Send>,
    clock: Box<dyn Fn() -> Duration + Send>,
    bar: ProgressBar,
    /// The lines the bar shows; it reads them when it draws.
    shown: Arc<Mutex<String>>,
    drawn: Option<Size>,
    screen: Option<Screen>,
    /// The clock's time when the run began.
    began: Duration,
    above: Vec<String>,
    /// Lines left out because the terminal stood still.
    left_out: usize,
    /// Where what is drawn goes, when that may stand still: then nothing is drawn meanwhile, and state is all there is.
    outlet: Option<Outlet>,
}

/// An outlet that is not waited for.
struct Unhurried(Outlet);

impl Write for Unhurried {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tty {
    /// Draws on stdout a run whose time passes `speed` times as fast as the clock's.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn stdout(options: Options, speed: f64) -> io::Result<Self> {
        let started = Instant::now();
        let size = || match terminal_size::terminal_size() {
            Some((width, height)) if width.0 > 0 && height.0 > 0 => Size {
                rows: height.0,
                columns: width.0,
            },
            _ => USUAL_SIZE,
        };
        let outlet = Outlet::new(Box::new(io::stdout()))?;
        Ok(Self::behind(
            outlet,
            size,
            move || started.elapsed().mul_f64(speed),
            options,
        ))
    }

    /// As [`Tty::over`], on a terminal that may stand still.
    pub fn behind(
        outlet: Outlet,
        size: impl Fn() -> Size + Send + 'static,
        clock: impl Fn() -> Duration + Send + 'static,
        options: Options,
    ) -> Self {
        let writer = Box::new(Unhurried(outlet.clone()));
        Self {
            outlet: Some(outlet),
            ..Self::over(writer, size, clock, options)
        }
    }

    /// Follows what the steps of `host` write, line by line.
    #[must_use]
    pub fn tail(mut self, host: Option<Name>) -> Self {
        self.narrator.tail(host);
        self
    }

    /// Draws on a terminal behind `writer`, which has the size `size` gives and lives in `clock`'s time.
    pub fn over(
        writer: Box<dyn Write + Send>,
        size: impl Fn() -> Size + Send + 'static,
        clock: impl Fn() -> Duration + Send + 'static,
        options: Options,
    ) -> Self {
        let terminal = Terminal::new(writer, size());
        let shown = Arc::new(Mutex::new(String::new()));
        let reads = Arc::clone(&shown);
        let lines = move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar has nowhere to put an error; the terminal keeps its own.
            let _ = out.write_str(&reads.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let style = ProgressStyle::with_template("{lines}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        Self {
            narrator: Narrator::new(Detail::Hosts, options),
            paint: Paint::new(options),
            terminal,
            size: Box::new(size),
            clock: Box::new(clock),
            bar: ProgressBar::with_draw_target(None, target).with_style(style.with_key("lines", lines)),
            shown,
            drawn: None,
            screen: None,
            began: Duration::ZERO,
            above: Vec::new(),
            left_out: 0,
            outlet: None,
        }
    }

    /// Lines that wait, and what is to be said of those that do not.
    fn take_above(&mut self) -> Vec<String> {
        let mut above = std::mem::take(&mut self.above);
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            let lines = words::count(left_out, "line");
            let said = format!("{lines} left out here: the terminal stood still");
            above.insert(0, self.paint.tone(Tone::Faint, &said));
        }
        above
    }

    fn draw(&mut self) -> io::Result<()> {
        let Some(screen) = &self.screen else { return Ok(()) };
        if self.outlet.as_ref().is_some_and(|outlet| !outlet.is_idle()) {
            return Ok(());
        }
        let size = (self.size)();
        let now = (self.clock)().saturating_sub(self.began);
        let lines = screen.lines(size, now, self.paint).join("\n");
        let before = {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if *shown == lines && self.above.is_empty() && self.drawn == Some(size) {
                return Ok(());
            }
            std::mem::replace(&mut *shown, lines)
        };
        self.terminal.resize(size);
        let folded = match self.drawn.replace(size) {
            Some(old) if old.columns > size.columns => rows_added(&before, size.columns),
            _ => 0,
        };
        if folded > 0 {
            self.bar.suspend(|| self.terminal.erase_up(folded));
        }
        if self.above.is_empty() {
            self.bar.force_draw();
        } else {
            let mut above = self.take_above().join("\n");
            // The bar takes lines, and would not see an empty last one.
            above.push('\n');
            self.bar.println(above);
        }
        self.terminal.error()
    }
}

impl Reporter for Tty {
    fn name(&self) -> &'static str {
        "terminal"
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        self.above.extend(self.narrator.observe(stamped));
        // Twice as many before any go: each goes once.
        if self.above.len() > 2 * WAITING {
            let over = self.above.len() - WAITING;
            self.above.drain(..over);
            self.left_out += over;
        }
        match &stamped.event {
            Event::RunStarted { mode, profile, hosts } => {
                self.began = (self.clock)().saturating_sub(stamped.at);
                self.screen = Some(Screen::new(*mode, profile.as_ref(), hosts));
            }
            _ => {
                if let Some(screen) = &mut self.screen {
                    screen.observe(stamped);
                }
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> io::Result<()> {
        if aside::is_wanted() {
            self.bar.suspend(aside::wait);
        }
        self.draw()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.bar.finish_and_clear();
        self.above.extend(self.narrator.finish());
        let above = self.take_above();
        self.terminal.print(&above)?;
        self.outlet.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// By how many rows `lines` grew when the terminal folded them to `columns`.
///
/// Nearly all terminals do so today. One that cuts instead loses as many lines of what stood above, which only a
/// terminal narrower than the rows' text can make happen.
fn rows_added(lines: &str, columns: u16) -> usize {
    let columns = usize::from(columns).max(1);
    let stripped = anstream::adapter::strip_str(lines).to_string();
    let added = |line: &str| line.width().div_ceil(columns).saturating_sub(1);
    stripped.lines().map(added).sum()
}
