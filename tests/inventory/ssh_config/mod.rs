//! `ssh_config(5)`, against OpenSSH itself and against what nobody should write.

mod generate;
mod hostile;
mod oracle;
mod words;
