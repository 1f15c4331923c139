//! Digests of what is wanted of a host, and of what it answered.

use sha2::{Digest, Sha256};

use crate::inventory::Host;
use crate::plan::{self, Planned};

/// Hexadecimal digits kept of each step's state: enough to tell a step that has moved from one that has not.
const STEP_DIGITS: usize = 8;

/// Random bytes that every digest of a plan begins with: the same content has another digest in another plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Salt(String);

impl Salt {
    /// A new one.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }
}

/// Adds `part` so that no two lists of parts read the same.
fn add(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wanted of one step. Secrets count as stars: their digest could be guessed from.
pub fn step(planned: &Planned) -> String {
    let mut digest = Sha256::new();
    define(&mut digest, planned);
    hex(&digest.finalize()[..8])
}

fn define(digest: &mut Sha256, planned: &Planned) {
    let (step, resource) = (&planned.step, &planned.resource);
    add(digest, step.module.as_str().as_bytes());
    add(digest, step.title.as_bytes());
    add(digest, resource.check().to_display().as_bytes());
    add(digest, resource.apply().to_display().as_bytes());
    for service in &resource.notify {
        add(digest, service.as_bytes());
    }
}

/// All that is wanted of a host and how it is reached, salted.
pub fn definition(salt: &Salt, host: &Host, steps: &[Planned]) -> String {
    let mut digest = Sha256::new();
    add(&mut digest, salt.0.as_bytes());
    let connection = &*host.connection;
    add(&mut digest, connection.address.as_bytes());
    add(&mut digest, &connection.port.to_be_bytes());
    add(&mut digest, connection.user.as_bytes());
    add(&mut digest, format!("{:?}", connection.r#become).as_bytes());
    for planned in steps {
        define(&mut digest, planned);
        digest.update(planned.next_on_failure.to_be_bytes());
    }
    hex(&digest.finalize())
}

/// What a host answered, step by step, salted; none when the answers are not those of `steps`.
pub fn state(salt: &Salt, steps: &[Planned], wanted: &[usize], observed: &[u8]) -> Option<String> {
    let answers = plan::answers(steps, observed)?;
    let mut text = String::with_capacity(steps.len() * STEP_DIGITS);
    for (index, answers) in answers.iter().enumerate() {
        let mut digest = Sha256::new();
        add(&mut digest, salt.0.as_bytes());
        digest.update([u8::from(wanted.binary_search(&index).is_ok())]);
        for answer in answers {
            add(&mut digest, answer);
        }
        text += &hex(&digest.finalize()[..STEP_DIGITS / 2]);
    }
    Some(text)
}

/// The steps whose part differs between two states of equally many steps.
pub(super) fn moved(before: &str, now: &str) -> Vec<usize> {
    let parts =
        |state: &str| -> Vec<Vec<u8>> { state.as_bytes().chunks(STEP_DIGITS).map(<[u8]>::to_vec).collect() };
    let pairs = parts(before).into_iter().zip(parts(now)).enumerate();
    pairs
        .filter(|(_, (before, now))| before != now)
        .map(|(step, _)| step)
        .collect()
}
