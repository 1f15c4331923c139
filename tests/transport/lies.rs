//! Hosts that say what cannot be: lengths that lie, fields that are not there, channels that never were. Each breaks the
//! protocol, or is put up with where it means nothing.

use std::sync::Arc;

use provision::event::{ConnectPhase, Unreachable};
use provision::transport::Output;
use provision::transport::ssh::Ssh;

use super::hostile::{ESCAPES, Leads, Moment, act, gets, led, server, until};
use super::{Transcript, exited};
use crate::kit::packets::Cipher;
use crate::kit::payload::{Payload, message};

/// Lengths no packet has, where the cipher hides them and where it does not: nothing is waited or set aside for them.
#[tokio::test]
async fn lengths_that_lie_break_the_protocol() {
    for cipher in [Cipher::Chacha20, Cipher::Aes256Gcm] {
        for length in [0, 1, 5, 16, 200_000, 300_000, i32::MAX as u32, u32::MAX] {
            for moment in [Moment::Exchanged, Moment::Offering, Moment::LetIn] {
                let act = act(move |mut packets, _| async move {
                    if until(moment, &mut packets).await.is_some() {
                        packets.claim(length).await;
                    }
                });
                let server = server(cipher, act).await;
                let phase = match moment {
                    Moment::LetIn => ConnectPhase::Session,
                    _ => ConnectPhase::Authenticate,
                };
                let led = led(gets(&Ssh::new(), server.connection()).await);
                assert_eq!(led, Leads::Broken(phase), "{cipher:?} {length} {moment:?}");
            }
        }
    }
}

/// Fields that go beyond their packet, or are not there at all.
#[tokio::test]
async fn fields_that_go_beyond_their_packet_break_the_protocol() {
    use Moment::{LetIn, Offering};
    for length in [1, 100, i32::MAX as u32, u32::MAX] {
        for (moment, payload) in [
            (Moment::Exchanged, Payload::new(message::SERVICE_ACCEPT)),
            (Moment::Exchanged, Payload::new(message::EXT_INFO).number(length)),
            (
                Moment::Exchanged,
                Payload::new(message::EXT_INFO)
                    .number(1)
                    .string("server-sig-algs"),
            ),
            (Offering, Payload::new(message::USERAUTH_BANNER)),
            (Offering, Payload::new(message::USERAUTH_BANNER).string("x")),
            (Offering, Payload::new(message::USERAUTH_FAILURE)),
            (LetIn, Payload::new(message::GLOBAL_REQUEST)),
            (LetIn, Payload::new(message::CHANNEL_OPEN)),
            (
                LetIn,
                Payload::new(message::CHANNEL_OPEN_CONFIRMATION)
                    .number(0)
                    .number(0),
            ),
            (
                LetIn,
                Payload::new(message::CHANNEL_OPEN_CONFIRMATION)
                    .number(length)
                    .number(0)
                    .number(0),
            ),
            (LetIn, Payload::new(message::CHANNEL_DATA).number(0)),
            (LetIn, Payload::new(message::CHANNEL_REQUEST).number(0)),
            (LetIn, Payload::new(message::KEXINIT)),
        ] {
            let payload = payload.number(length).0;
            let shown = format!("{moment:?} {payload:?}");
            let act = act(move |mut packets, _| {
                let payload = payload.clone();
                async move {
                    if until(moment, &mut packets).await.is_some() {
                        let _ = packets.send(&payload).await;
                        packets.listen().await;
                    }
                }
            });
            let server = server(Cipher::Chacha20, act).await;
            let phase = match moment {
                LetIn => ConnectPhase::Session,
                _ => ConnectPhase::Authenticate,
            };
            let led = led(gets(&Ssh::new(), server.connection()).await);
            assert_eq!(led, Leads::Broken(phase), "{shown}");
        }
    }
}

/// What a program's end is when the host says this before it.
async fn ends(words: impl Fn(u32) -> Vec<Payload> + Send + Sync + 'static) -> Transcript {
    let words = Arc::new(words);
    let act = act(move |mut packets, key| {
        let words = Arc::clone(&words);
        async move {
            let _ = packets.let_in().await;
            let Some(channel) = packets.open(100).await else {
                return;
            };
            for payload in words(channel) {
                if payload.0 == [message::KEXINIT] {
                    let _ = packets.exchange(&key).await;
                } else {
                    let _ = packets.send(&payload.0).await;
                }
            }
            let _ = packets.finish(channel).await;
            packets.listen().await;
        }
    });
    let server = server(Cipher::Aes256Gcm, act).await;
    gets(&Ssh::new(), server.connection()).await.unwrap()
}

#[tokio::test]
async fn what_means_nothing_is_put_up_with() {
    let adjust = |channel, by| {
        Payload::new(message::CHANNEL_WINDOW_ADJUST)
            .number(channel)
            .number(by)
    };
    let data = |channel| Payload::new(message::CHANNEL_DATA).number(channel).string("out ");
    let transcript = ends(move |channel| {
        let mut words = vec![
            Payload::new(message::IGNORE).string([0; 1000]),
            Payload::new(message::DEBUG).byte(1).string(ESCAPES).string(""),
            // A window that would be more than there is a number for.
            adjust(channel, u32::MAX),
            adjust(channel, u32::MAX),
            adjust(channel + 1, u32::MAX),
            data(channel),
            data(channel + 1),
            data(u32::MAX),
            Payload::new(message::CHANNEL_EOF).number(channel + 1),
            Payload::new(message::CHANNEL_CLOSE).number(channel + 1),
            Payload::new(message::CHANNEL_SUCCESS).number(channel),
            Payload::new(message::GLOBAL_REQUEST)
                .string("hostkeys-00@openssh.com")
                .byte(0)
                .string("no key"),
            Payload::new(message::CHANNEL_REQUEST)
                .number(channel)
                .string(ESCAPES)
                .byte(1),
            Payload::new(200),
            Payload::new(message::EXT_INFO).number(u32::MAX),
        ];
        words.extend(std::iter::repeat_n(Payload::new(message::KEXINIT), 5));
        words.push(data(channel));
        words
    })
    .await;
    assert_eq!(
        (transcript.stdout.as_str(), transcript.end),
        ("out out ", exited(0))
    );
}

#[tokio::test]
async fn a_program_whose_host_breaks_the_protocol_is_lost() {
    for payload in [
        |channel| {
            Payload::new(message::CHANNEL_DATA)
                .number(channel)
                .number(u32::MAX)
        },
        |channel| {
            Payload::new(message::CHANNEL_DATA)
                .number(channel)
                .number(5)
                .byte(b'x')
        },
        |channel| {
            Payload::new(message::CHANNEL_DATA)
                .number(channel)
                .string("x")
                .byte(0)
        },
        |channel| {
            Payload::new(message::CHANNEL_REQUEST)
                .number(channel)
                .string("exit-status")
                .byte(0)
        },
        |channel| Payload::new(message::CHANNEL_WINDOW_ADJUST).number(channel),
        |_| Payload::new(message::KEXINIT).byte(0),
    ] {
        let transcript = ends(move |channel| vec![payload(channel)]).await;
        let Output::Lost { detail } = &transcript.end else {
            panic!("{:?}: {transcript:?}", payload(0).0);
        };
        assert!(!detail.is_empty() && detail.len() < 200, "{detail}");
    }
}

/// ssh passes on what a banner says as it is; russh takes text for UTF-8 alone, and a person must hear what to change.
#[tokio::test]
async fn a_banner_in_another_encoding_is_told_of() {
    let banner = Payload::new(message::USERAUTH_BANNER)
        .string(b"Zugriff nur f\xfcr Befugte\n")
        .string("");
    let act = act(move |mut packets, _| {
        let banner = banner.0.clone();
        async move {
            let _ = until(Moment::Offering, &mut packets).await;
            let _ = packets.send(&banner).await;
            packets.listen().await;
        }
    });
    let server = server(Cipher::Chacha20, act).await;
    let Err(Unreachable::Protocol { detail, .. }) = gets(&Ssh::new(), server.connection()).await else {
        panic!("russh takes it now: let it be told so in docs/ssh.md");
    };
    assert!(detail.contains("UTF-8") && detail.contains("Banner"), "{detail}");
}
