//! `timer`: a command at given times, by systemd.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_name};
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A timer of systemd and the service it starts, `/etc/systemd/system/NAME.timer` and `NAME.service`; it is enabled and
/// waits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// The name of both, without an ending.
    #[serde(rename = "timer")]
    pub name: String,
    /// When, as in systemd.time(7): `daily`, or `Mon..Fri 03:30`.
    pub calendar: Option<String>,
    /// What: shell text.
    pub command: Option<String>,
    /// The user it runs as; `root` when not said.
    pub run_as: Option<String>,
    /// Whether a run that was missed while the host was off is made up for.
    #[serde(default = "yes")]
    pub persistent: bool,
    /// A time at most which it starts late, by chance, such as `10min`: hundreds of hosts need not start at once.
    pub random_delay: Option<String>,
    /// What lists of units say about it; the command when not said.
    pub description: Option<String>,
    /// Whether it should be there; absent stops it and takes both files away.
    #[serde(default)]
    pub state: Presence,
}

fn yes() -> bool {
    true
}

impl Timer {
    fn unit(&self) -> String {
        format!("{}.timer", self.name)
    }

    fn described(&self) -> String {
        let command = self.command.as_deref().unwrap_or_default();
        let text = self
            .description
            .as_deref()
            .unwrap_or_else(|| command.lines().next().unwrap_or_default());
        text.replace('%', "%%")
    }

    fn service(&self) -> Whole {
        let command = self.command.as_deref().unwrap_or_default();
        let user = self
            .run_as
            .as_ref()
            .map(|user| format!("User={user}\n"))
            .unwrap_or_default();
        Whole::new(
            format!("/etc/systemd/system/{}.service", self.name),
            format!(
                "[Unit]\nDescription={}\n\n[Service]\nType=oneshot\n{user}ExecStart=/bin/sh -c \"{}\"\n",
                self.described(),
                escaped(command)
            ),
        )
    }

    fn timer(&self) -> Whole {
        let delay = self.random_delay.as_ref();
        let delay = delay
            .map(|delay| format!("RandomizedDelaySec={delay}\n"))
            .unwrap_or_default();
        Whole::new(
            format!("/etc/systemd/system/{}", self.unit()),
            format!(
                "[Unit]\nDescription={}\n\n[Timer]\nOnCalendar={}\nPersistent={}\n{delay}\n[Install]\nWantedBy=timers.target\n",
                self.described(),
                self.calendar.as_deref().unwrap_or_default(),
                self.persistent
            ),
        )
    }
}

/// Shell text as it stands between double quotes in a unit (systemd.service(5), COMMAND LINES).
fn escaped(command: &str) -> String {
    let mut text = String::new();
    for c in command.trim_end().chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '%' => text.push_str("%%"),
            '$' => text.push_str("$$"),
            c => text.push(c),
        }
    }
    text
}

impl State for Timer {
    fn title(&self) -> String {
        format!("timer {}", self.name)
    }

    fn check(&self) -> Script {
        let unit = Read::Unit(self.unit());
        if self.state.is_absent() {
            return sh!("{} && {}", self.timer().is_gone(), self.service().is_gone());
        }
        sh!(
            "{} && {} && { {}; [ \"$unit_active\" = active ] && [ \"$unit_enabled\" = enabled ] && [ \"$unit_stale\" != yes ]; }",
            self.service().holds(),
            self.timer().holds(),
            unit
        )
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!(
                "timer_stop {}\n{}\n{}\nunits_reload",
                self.unit(),
                self.timer().remove(),
                self.service().remove()
            );
        }
        sh!(
            "{}\n{}\ntimer_start {}",
            self.service().place(),
            self.timer().place(),
            self.unit()
        )
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let gone = self.state.is_absent();
        vec![self.service().view(gone), self.timer().view(gone)]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("timer", "timer", &self.name)?;
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending);
        if matches!(ending, Some("timer" | "service")) {
            return Err(Invalid::of("timer")(format!(
                "write {:?} without its ending",
                self.name
            )));
        }
        self.run_as
            .as_ref()
            .map_or(Ok(()), |user| check_name("run_as", "user", user))?;
        for (key, text) in [
            ("random_delay", &self.random_delay),
            ("description", &self.description),
        ] {
            text.as_ref().map_or(Ok(()), |text| check_line(key, text))?;
        }
        if self.state.is_absent() {
            return Ok(());
        }
        let (Some(calendar), Some(command)) = (&self.calendar, &self.command) else {
            return Err(format!("the timer {} needs a `calendar` and a `command`", self.name).into());
        };
        check_line("calendar", calendar)?;
        if command.trim().is_empty() || command.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err(Invalid::of("command")(format!("{command:?} is no command")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn systemd_reads_the_command_as_it_was_written() {
        assert_eq!(
            super::escaped("echo \"$a\" 50%\n\techo '\\'\n"),
            "echo \\\"$$a\\\" 50%%\\n\\techo '\\\\'"
        );
    }
}
