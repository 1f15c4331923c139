//! A program's two halves, cut anywhere.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};

use provision::plan;
use provision::resource::File;

use crate::kit::shell::{Corner, DRY_RUN, SHELLS, nonce, plan};

/// Where to cut a half: every byte of its end, where the danger is, and every `step` bytes of the rest.
fn cuts(half: &[u8], step: usize) -> impl Iterator<Item = usize> {
    let tail = half.len() - 120;
    (0..tail).step_by(step).chain(tail..half.len() - 1)
}

/// A cut in every third line or so.
const SPARSE: usize = 89;

#[test]
fn every_prefix_of_a_half_runs_nothing_or_all_of_it() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let plan = plan(vec![File::new(corner.text("made"), "x").into()]);
        let first = plan::compile(&plan, &nonce(), DRY_RUN).unwrap();
        let second = plan::act(&plan.steps, 0, false, &first).unwrap();
        let run = |text: &[u8]| {
            let mut child = corner.spawn();
            // The shell may end before it has read everything.
            let _ = child.stdin.take().unwrap().write_all(text);
            let out = child.wait_with_output().unwrap();
            let made: Vec<_> = fs::read_dir(corner.dir.path()).unwrap().collect();
            assert!(
                made.is_empty(),
                "{} bytes under {shell:?} made {made:?}",
                text.len()
            );
            String::from_utf8(out.stdout).unwrap()
        };
        // Everywhere under the shell that starts fastest, which is the commonest too.
        let step = if shell == SHELLS[0] { 1 } else { SPARSE };
        for cut in cuts(&first, step) {
            assert_eq!(run(&first[..cut]), "", "{cut} bytes under {shell:?}");
        }
        let answer = run(&first);
        assert!(answer.ends_with(" end\n"), "{answer}");
        for cut in cuts(&second, step) {
            let text = [first.as_slice(), &second[..cut]].concat();
            assert_eq!(run(&text), answer, "{cut} bytes of the second under {shell:?}");
        }
    }
}

/// The cut comes while the shell waits for the second half, not behind a text that it has read already.
#[test]
fn a_second_half_cut_short_changes_nothing() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        // Longer than what a shell reads at once.
        let content = "x".repeat(7000);
        let files = (0..4).map(|n| File::new(corner.text(&format!("f{n}")), content.clone()).into());
        let plan = plan(files.collect());
        let first = plan::compile(&plan, &nonce(), DRY_RUN).unwrap();
        let second = plan::act(&plan.steps, 0, false, &first).unwrap();
        let length = second.len();
        for cut in [1, 4096, 8192, 8193, length / 2, length - 50, length - 3] {
            let mut child = corner.spawn();
            let mut stdin = child.stdin.take().unwrap();
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            stdin.write_all(&first).unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b" end\n") {
                assert_ne!(stdout.read_until(b'\n', &mut heard).unwrap(), 0);
            }
            stdin.write_all(&second[..cut]).unwrap();
            drop(stdin);
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).unwrap();
            child.wait().unwrap();
            assert_eq!(rest, "", "{cut} bytes under {shell:?}");
            let made: Vec<_> = fs::read_dir(corner.dir.path()).unwrap().collect();
            assert!(made.is_empty(), "{cut} bytes under {shell:?} made {made:?}");
        }
    }
}
