//! Databases, containers and waiting against stand-ins.

use std::fs;
use std::net::TcpListener;

use provision::event::{Outcome, Reason};
use provision::resource::Resource;

use super::flow::failure;
use super::stand_ins::Host;
use crate::kit::shell::{DRY_RUN, PUSH, SHELLS, plan};

/// Knows one user, and says what was granted in the words and the order of a server.
const MARIADB: &str = r#"echo "$*" >>"$HOME/mysql.argv"
while IFS= read -r sql; do
  case $sql in
  "SELECT 1") echo 1 ;;
  "SELECT count(*)"*) want=${sql##*authentication_string = }; [ "$want" != "$sql" ] || want=USER; [ -e "$HOME/user" ] && grep -qF -- "$want" "$HOME/user" && echo 1 || echo 0 ;;
  "SHOW GRANTS"*) cat "$HOME/grants" 2>/dev/null ;;
  "DROP USER"*) rm -f "$HOME/user" "$HOME/grants" ;;
  "ALTER USER"*) echo "$sql" >"$HOME/user" ;;
  "REVOKE ALL"*) echo 'GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '"'*HASH'" >"$HOME/grants" ;;
  "GRANT "*) echo "$sql" | sed "s/'/\`/g; s/;//; s/CREATE TEMPORARY TABLES, SELECT/SELECT, CREATE TEMPORARY TABLES/" >>"$HOME/grants" ;;
  esac
done"#;

/// Keeps each container as a folder.
const DOCKER: &str = r#"echo "$*" >>"$HOME/docker.log"
all=$HOME/containers; mkdir -p "$all" "$HOME/images"
case "$1 $2" in
"container inspect")
  [ -e "$all/$5" ] || exit 1
  echo "$(cat "$all/$5/running") $(sed 's/.*=//' "$all/$5/labels") $(cat "$all/$5/image")" ;;
"image inspect") eval "image=\${$#}"; cat "$HOME/images/$image" 2>/dev/null ;;
"pull -q") echo sha256:1 >"$HOME/images/$3" ;;
"create --name")
  mkdir "$all/$3"; cat "$5" >"$all/$3/environment"; cat "$7" >"$all/$3/labels"; cat "$HOME/images/app" >"$all/$3/image"; echo false >"$all/$3/running"
  stat -c %a "$5" "$7" >>"$HOME/modes" ;;
"rename "*) mv "$all/$2" "$all/$3" ;;
"start "*) if [ -e "$HOME/broken" ] && grep -q two "$all/$2/environment"; then echo "port is already allocated" >&2; exit 1; fi; echo true >"$all/$2/running" ;;
"stop "*) echo false >"$all/$2/running" ;;
"rm -f") rm -rf "${all:?}/$3" ;;
"rm "*) [ "$(cat "$all/$2/running")" = false ] && rm -rf "${all:?}/$2" ;;
esac"#;

fn step(kind: &str, text: &str) -> Resource {
    super::read(kind, "step.toml", text).unwrap()
}

#[test]
fn mysql_users_are_compared_by_hash_and_by_all_that_was_granted() {
    let user = |grants: &str| {
        step(
            "mysql_user",
            &format!("mysql_user = \"a\"\nhost = \"%\"\npassword = \"hunter2!\"\ngrants = {grants}"),
        )
    };
    let two = "[{ on = \"my_app.*\", privileges = [\"CREATE TEMPORARY TABLES\", \"select\"] }, { on = \"*.*\", privileges = [\"PROCESS\"] }]";
    for shell in SHELLS {
        let host = Host::new(shell, true).with("mariadb", MARIADB);
        host.converges(vec![user(two)]);
        assert_eq!(
            host.log("grants")[1..],
            [
                "GRANT SELECT, CREATE TEMPORARY TABLES ON `my\\_app`.* TO `a`@`%`",
                "GRANT PROCESS ON *.* TO `a`@`%`"
            ]
        );
        let hash = "*449BE6114A60310A88E490B4CBC134D772F3814E";
        assert!(
            host.log("user")[0].ends_with(&format!("AS '{hash}';")),
            "{:?}",
            host.log("user")
        );
        assert!(host.log("mysql.argv").iter().all(|argv| argv == "-NBr"));
        // More than wanted is as wrong as less.
        let wanted = fs::read_to_string(host.corner.path("grants")).unwrap();
        for other in [
            wanted.clone() + "GRANT SELECT ON `mysql`.* TO `a`@`%`\n",
            wanted.replace("TABLES ON", "TABLES, INSERT ON"),
            wanted.replace(
                "PROCESS ON *.* TO `a`@`%`",
                "PROCESS ON *.* TO `a`@`%` WITH GRANT OPTION",
            ),
            wanted.replace("GRANT PROCESS", "GRANT USAGE"),
        ] {
            fs::write(host.corner.path("grants"), other).unwrap();
            host.converges(vec![user(two)]);
        }
        host.converges(vec![user("[]")]);
        host.converges(vec![step(
            "mysql_user",
            "mysql_user = \"a\"\nhost = \"%\"\nstate = \"absent\"",
        )]);
    }
}

#[test]
fn containers_are_made_anew_when_something_about_them_changed() {
    let app = |more: &str| {
        step(
            "container",
            &format!(
                "container = \"app\"\nimage = \"app\"\nports = [\"80:80\"]\nsecret_env = {{ PASSWORD = \"hunter2!\", {more} }}"
            ),
        )
    };
    for shell in SHELLS {
        let host = Host::new(shell, true).with("docker", DOCKER);
        host.converges(vec![app("")]);
        assert_eq!(host.log("containers/app/environment"), ["PASSWORD=hunter2!"]);
        assert_eq!(host.log("modes"), ["600", "600"]);
        let label = host.log("containers/app/labels").remove(0);
        let digest = label.strip_prefix("provision.settings=").unwrap().to_owned();
        let said = host.log("docker.log").join("\n");
        assert!(
            said.contains("create --name app.new --env-file ")
                && said.contains(" --restart=unless-stopped --publish=80:80 app"),
            "{said}"
        );
        assert!(!said.contains("hunter2!") && !said.contains(&digest), "{said}");

        host.converges(vec![app("A = \"1\"")]);
        fs::write(host.corner.path("containers/app/running"), "false\n").unwrap();
        host.converges(vec![app("A = \"1\"")]);
        // Somebody has pulled another image under this name.
        fs::write(host.corner.path("images/app"), "sha256:2\n").unwrap();
        host.converges(vec![app("A = \"1\"")]);
        assert_eq!(host.log("containers/app/image"), ["sha256:2"]);

        fs::write(host.corner.path("broken"), "").unwrap();
        let (_, reason, output) = failure(&host.run(&plan(vec![app("A = \"two\"")]), PUSH));
        assert_eq!(reason, Some(Reason::ApplyExit { status: 1 }));
        assert!(
            output.contains("port is already allocated") && output.contains("as it was before runs again"),
            "{output}"
        );
        assert_eq!(
            host.run(&plan(vec![app("A = \"1\"")]), PUSH).outcomes(),
            [Outcome::Ok],
            "{shell:?}"
        );
        fs::remove_file(host.corner.path("broken")).unwrap();
        // A push that ended in the middle left the old one aside, stopped.
        fs::rename(
            host.corner.path("containers/app"),
            host.corner.path("containers/app.old"),
        )
        .unwrap();
        host.converges(vec![app("A = \"1\"")]);
        assert_eq!(fs::read_dir(host.corner.path("containers")).unwrap().count(), 1);
        host.converges(vec![step("container", "container = \"app\"\nstate = \"absent\"")]);
    }
}

#[test]
fn what_is_waited_for_comes_or_the_step_fails() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let path = host.corner.text("it's ready");
        let waiting = |within: u32| step("wait_for", &format!("wait_for = \"{path}\"\nwithin = {within}"));
        let (_, reason, output) = failure(&host.run(&plan(vec![waiting(1)]), PUSH));
        assert_eq!(reason, Some(Reason::ApplyExit { status: 1 }));
        assert!(output.contains("waited for 1 seconds, in vain"), "{output}");
        assert_eq!(
            host.run(&plan(vec![waiting(1)]), DRY_RUN).outcomes(),
            [Outcome::WouldChange]
        );
        // It comes while we wait: sleep is what the wait itself does between two looks.
        let host = host.with("sleep", "echo slept >>\"$HOME/slept\"; : >\"$HOME/it's ready\"");
        host.converges(vec![waiting(3600)]);
        assert_eq!(host.log("slept"), ["slept"]);
        let gone = step("wait_for", &format!("wait_for = \"{path}\"\nstate = \"absent\""));
        let host = host.with("sleep", "rm \"$HOME/it's ready\"");
        host.converges(vec![gone]);
    }
}

#[test]
fn a_port_is_waited_for_by_knocking() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let there = step("wait_for", &format!("wait_for = \"127.0.0.1:{port}\""));
    let gone = step(
        "wait_for",
        &format!("wait_for = \"127.0.0.1:{port}\"\nstate = \"absent\""),
    );
    for shell in SHELLS {
        let host = Host::new(shell, true).with("bash", "exec /bin/bash \"$@\"");
        let plan = plan(vec![there.clone(), gone.clone()]);
        assert_eq!(
            host.run(&plan, DRY_RUN).outcomes(),
            [Outcome::Ok, Outcome::WouldChange]
        );
    }
    drop(listener);
    for shell in SHELLS {
        let host = Host::new(shell, true).with("bash", "exec /bin/bash \"$@\"");
        let plan = plan(vec![there.clone(), gone.clone()]);
        assert_eq!(
            host.run(&plan, DRY_RUN).outcomes(),
            [Outcome::WouldChange, Outcome::Ok]
        );
    }
}

#[test]
fn a_page_is_asked_for_its_status() {
    for shell in SHELLS {
        let page = step(
            "wait_for",
            "wait_for = \"http://127.0.0.1/health\"\nstatus = 204\nwithin = 1",
        );
        let plan = plan(vec![page]);
        let curl = Host::new(shell, true).with(
            "curl",
            "eval \"url=\\${$#}\"; [ \"$url\" = http://127.0.0.1/health ] && cat \"$HOME/status\"",
        );
        let wget = Host::new(shell, true).with("wget", "printf '  HTTP/1.1 301 Moved\\n  Location: x\\n  HTTP/1.1 %s No Content\\n' \"$(cat \"$HOME/status\")\" >&2");
        for host in [curl, wget] {
            fs::write(host.corner.path("status"), "503").unwrap();
            assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Outcome::WouldChange]);
            let (_, _, output) = failure(&host.run(&plan, PUSH));
            assert!(output.contains("the last answer's status was 503"), "{output}");
            fs::write(host.corner.path("status"), "204").unwrap();
            assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Outcome::Ok]);
        }
    }
}
