//! `cron`: a command at given times.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_name};
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// A job of cron: a file of its own in `/etc/cron.d`, or some lines in a user's crontab.
///
/// cron itself is installed and run by other steps, such as `package = "cron"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cron {
    /// The job's name, of letters, digits, `_` and `-`: cron leaves files with other names out.
    #[serde(rename = "cron")]
    pub name: String,
    /// When: five fields as in crontab(5), such as `30 3 * * 1-5`, or `@hourly`, `@daily`, `@weekly`, `@monthly`,
    /// `@yearly`, `@reboot`.
    pub schedule: Option<String>,
    /// What: one line of shell. A `%` is one, and does not end the command as it does in a crontab.
    pub command: Option<String>,
    /// The user it runs as; `root` when not said. A crontab's jobs run as its owner.
    pub run_as: Option<String>,
    /// The user whose crontab holds it; when not said, it is a file in `/etc/cron.d`.
    pub crontab: Option<String>,
    /// Variables for the command, and cron's own, such as `MAILTO`; only in `/etc/cron.d`, where they concern nobody else.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

impl Cron {
    /// The line of the job, in the form of `/etc/cron.d` or of a crontab.
    fn line(&self) -> String {
        let schedule: Vec<&str> = self
            .schedule
            .iter()
            .flat_map(|text| text.split_whitespace())
            .collect();
        let command = self.command.as_deref().unwrap_or_default().replace('%', "\\%");
        let user = match (&self.crontab, &self.run_as) {
            (Some(_), _) => String::new(),
            (None, user) => format!(" {}", user.as_deref().unwrap_or("root")),
        };
        format!("{}{user} {command}", schedule.join(" "))
    }

    fn whole(&self) -> Whole {
        let mut text = "# Kept by provision; what is changed here by hand is overwritten.\n".to_owned();
        for (name, value) in &self.environment {
            text += &format!("{name}=\"{value}\"\n");
        }
        text += &format!("{}\n", self.line());
        Whole::new(format!("/etc/cron.d/{}", self.name), text)
    }

    fn mark(&self, word: &str) -> String {
        format!("# {word} provision {}", self.name)
    }

    fn block(&self) -> String {
        format!("{}\n{}\n{}", self.mark("BEGIN"), self.line(), self.mark("END"))
    }

    /// The crontab of `user`, what should stand in it, and its marks.
    fn edit(&self, user: &str) -> Script {
        let block = match self.state {
            Presence::Present => Script::from(self.block() + "\n"),
            Presence::Absent => Script::raw("''"),
        };
        sh!("{} {} {} {}", user, block, self.mark("BEGIN"), self.mark("END"))
    }
}

impl State for Cron {
    fn title(&self) -> String {
        match &self.crontab {
            Some(user) => format!("cron {} of {user}", self.name),
            None => format!("cron {}", self.name),
        }
    }

    fn check(&self) -> Script {
        match (&self.crontab, self.state) {
            (None, Presence::Present) => self.whole().holds(),
            (None, Presence::Absent) => self.whole().is_gone(),
            (Some(user), Presence::Present) => sh!("crontab_state {} && text_has {}", user, self.block()),
            (Some(user), Presence::Absent) => {
                sh!("crontab_state {} && text_lacks {}", user, self.mark("BEGIN"))
            }
        }
    }

    fn apply(&self) -> Script {
        match (&self.crontab, self.state) {
            (None, Presence::Present) => self.whole().place(),
            (None, Presence::Absent) => self.whole().remove(),
            (Some(user), _) => sh!("crontab_set {}", self.edit(user)),
        }
    }

    fn asks_itself(&self) -> bool {
        self.crontab.is_some()
    }

    fn files(&self) -> Vec<FileView<'_>> {
        match &self.crontab {
            Some(user) => {
                // No path is its own on every system.
                let show = sh!("show_edit '' crontab_new {}", self.edit(user));
                vec![FileView::edited(format!("crontab of {user}"), show)]
            }
            None => vec![self.whole().view(self.state.is_absent())],
        }
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if self.name.is_empty() || self.name.starts_with('-') || !self.name.chars().all(fits) {
            let message = format!(
                "{:?} cannot be a job's name: cron reads files of letters, digits, `_` and `-`",
                self.name
            );
            return Err(Invalid::of("cron")(message));
        }
        for (key, user) in [("run_as", &self.run_as), ("crontab", &self.crontab)] {
            user.as_ref()
                .map_or(Ok(()), |user| check_name(key, "user", user))?;
        }
        if self.crontab.is_some() && self.run_as.is_some() {
            return Err(Invalid::of("run_as")(
                "the jobs of a crontab run as its owner".to_owned(),
            ));
        }
        if self.crontab.is_some() && !self.environment.is_empty() {
            let message =
                "in a crontab the variables would concern the other jobs, too; set them in the command";
            return Err(Invalid::of("environment")(message.to_owned()));
        }
        for (name, value) in &self.environment {
            let named = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if name.is_empty() || !named || value.contains(|c: char| c.is_control() || c == '"') {
                return Err(Invalid::of("environment")(format!(
                    "cron cannot set {name:?} to {value:?}"
                )));
            }
        }
        if self.state.is_absent() {
            return Ok(());
        }
        let (Some(schedule), Some(command)) = (&self.schedule, &self.command) else {
            return Err(format!("the job {} needs a `schedule` and a `command`", self.name).into());
        };
        check_schedule(schedule).map_err(Invalid::of("schedule"))?;
        check_line("command", command)
    }
}

/// The names of times (crontab(5), EXTENSIONS).
const NAMED: &[&str] = &[
    "@reboot",
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// The fields of a schedule: what they are called, and between what they lie.
const FIELDS: [(&str, u8, u8, &str); 5] = [
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of month", 1, 31, ""),
    ("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("day of week", 0, 7, "sun mon tue wed thu fri sat"),
];

fn check_schedule(schedule: &str) -> Result<(), String> {
    if schedule.starts_with('@') {
        if NAMED.contains(&schedule) {
            return Ok(());
        }
        return Err(format!(
            "{schedule:?} is no time that cron knows; it knows {}",
            NAMED.join(", ")
        ));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!(
            "{schedule:?} has {} fields; write five: minute, hour, day of month, month, day of week",
            fields.len()
        ));
    }
    for (field, (name, low, high, names)) in fields.iter().zip(FIELDS) {
        let number = |text: &str| {
            let lower = text.to_ascii_lowercase();
            let known = !names.is_empty() && names.split(' ').any(|it| it == lower);
            known
                || text.bytes().all(|byte| byte.is_ascii_digit())
                    && text.parse().is_ok_and(|n| (low..=high).contains(&n))
        };
        for part in field.split(',') {
            let (range, step) = part.split_once('/').unwrap_or((part, "1"));
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let good =
                (range == "*" || number(from) && number(to)) && step.parse::<u8>().is_ok_and(|step| step > 0);
            if !good {
                return Err(format!(
                    "{part:?} is no {name}; it lies between {low} and {high}, or is `*`"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_schedule;

    #[test]
    fn schedules_are_those_of_cron() {
        for good in ["* * * * *", "*/5 0-6,22 1 jan-MAR 7", "@daily", "0 3 * * mon,Fri"] {
            assert_eq!(check_schedule(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * x *",
            "*/0 * * * *",
            "@often",
            "1- * * * *",
            "+1 * * * *",
        ] {
            assert!(check_schedule(bad).is_err(), "{bad}");
        }
    }
}
