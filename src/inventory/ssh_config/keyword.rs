//! Every directive of `ssh_config(5)`: what its arguments look like, and what becomes of it here.

/// A directive.
#[derive(Debug)]
pub(super) struct Keyword {
    /// Its name in lower case, as `ssh -G` writes it.
    pub(super) name: &'static str,
    /// What its arguments look like.
    pub(super) shape: Shape,
    /// What becomes of it.
    pub(super) role: Role,
}

/// What arguments look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `yes` or `no`.
    Flag,
    /// One of these words, and what each means.
    Choice(&'static [(&'static str, &'static str)]),
    /// A time such as `90` or `1h30m`; or `none`.
    Time,
    /// A whole number.
    Number,
    /// A TCP port.
    Port,
    /// One word.
    Word,
    /// The path of a socket, or how its variable is called.
    Agent,
    /// Several words, of which the first line's are taken.
    Words,
    /// One word a line; all lines count.
    Each,
    /// The rest of the line as it stands.
    Rest,
    /// A list of hosts to go through.
    Jump,
    /// Patterns of variables; `-` takes some away.
    SendEnv,
    /// `NAME=value`.
    SetEnv,
    /// A list of algorithms.
    Algorithms,
    /// Anything; nobody looks at it.
    Opaque,
}

/// What becomes of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is followed.
    Followed,
    /// It means nothing here, where there is no terminal and no forwarding, and nobody misses it.
    Silent,
    /// It is not followed, which is told unless its value is one of these, for this reason.
    Noted(&'static [&'static str], &'static str),
    /// It changes whom we trust or which way we go, and is not followed: a mistake unless its value is one of these.
    Refused(&'static [&'static str], &'static str),
}

use Role::{Followed, Noted, Refused, Silent};
use Shape::{
    Agent, Algorithms, Choice, Each, Flag, Jump, Number, Opaque, Port, Rest, SendEnv, SetEnv, Time, Word,
    Words,
};

const STRICT: Shape = Choice(&[
    ("yes", "yes"),
    ("true", "yes"),
    ("ask", "ask"),
    ("accept-new", "accept-new"),
    ("no", "no"),
    ("false", "no"),
    ("off", "no"),
]);
const ASK: Shape = Choice(&[
    ("yes", "yes"),
    ("true", "yes"),
    ("no", "no"),
    ("false", "no"),
    ("ask", "ask"),
]);
const FAMILY: Shape = Choice(&[("any", "any"), ("inet", "inet"), ("inet6", "inet6")]);
const CANONICALIZE: Shape = Choice(&[
    ("yes", "yes"),
    ("true", "yes"),
    ("no", "no"),
    ("false", "no"),
    ("always", "always"),
]);
const PUBKEY: Shape = Choice(&[
    ("yes", "yes"),
    ("true", "yes"),
    ("no", "no"),
    ("false", "no"),
    ("unbound", "unbound"),
    ("host-bound", "host-bound"),
]);
const TTY: Shape = Choice(&[
    ("yes", "yes"),
    ("true", "yes"),
    ("no", "no"),
    ("false", "no"),
    ("auto", "auto"),
    ("force", "force"),
]);
const SESSION: Shape = Choice(&[
    ("default", "default"),
    ("none", "none"),
    ("subsystem", "subsystem"),
]);
const LEVEL: Shape = Choice(&[
    ("silent", "SILENT"),
    ("quiet", "SILENT"),
    ("fatal", "FATAL"),
    ("error", "ERROR"),
    ("info", "INFO"),
    ("verbose", "VERBOSE"),
    ("debug", "DEBUG"),
    ("debug1", "DEBUG"),
    ("debug2", "DEBUG2"),
    ("debug3", "DEBUG3"),
]);

const FORWARDING: Role = Noted(&["no", "false"], "nothing is ever forwarded");
const LOCAL: Role = Noted(
    &["none", "no", "false"],
    "no command runs here beside a connection",
);
const OTHER_METHOD: Role = Noted(&["no", "false"], "this way to log in is not known here");
const CANONICAL: Role = Refused(
    &["no", "false", "none"],
    "names are not looked up to make other names of them",
);

const fn keyword(name: &'static str, shape: Shape, role: Role) -> Keyword {
    Keyword { name, shape, role }
}

/// All of them, those of later OpenSSH and of Debian's and Red Hat's patches too.
pub(super) static ALL: &[Keyword] = &[
    // Whom, and which way.
    keyword("hostname", Word, Followed),
    keyword("port", Port, Followed),
    keyword("user", Word, Followed),
    keyword("proxyjump", Jump, Followed),
    keyword("proxycommand", Rest, Followed),
    keyword("addressfamily", FAMILY, Followed),
    keyword("bindaddress", Word, Followed),
    keyword("connectionattempts", Number, Followed),
    keyword("connecttimeout", Time, Followed),
    keyword("serveraliveinterval", Time, Followed),
    keyword("serveralivecountmax", Number, Followed),
    keyword("tag", Word, Followed),
    keyword(
        "bindinterface",
        Word,
        Refused(
            &[],
            "connections are not bound to an interface; `BindAddress` is followed",
        ),
    ),
    keyword("canonicalizehostname", CANONICALIZE, CANONICAL),
    keyword("canonicalizepermittedcnames", Words, CANONICAL),
    keyword("canonicaldomains", Words, Silent),
    keyword("canonicalizefallbacklocal", Flag, Silent),
    keyword("canonicalizemaxdots", Number, Silent),
    keyword(
        "proxyusefdpass",
        Flag,
        Refused(&["no"], "a connection cannot be taken over from a command"),
    ),
    keyword(
        "refuseconnection",
        Word,
        Refused(&[], "it says that this host is not to be connected to"),
    ),
    // Who they are.
    keyword("hostkeyalias", Word, Followed),
    keyword("userknownhostsfile", Words, Followed),
    keyword("globalknownhostsfile", Words, Followed),
    keyword("hashknownhosts", Flag, Followed),
    keyword("stricthostkeychecking", STRICT, Followed),
    keyword("hostkeyalgorithms", Algorithms, Followed),
    keyword("casignaturealgorithms", Algorithms, Followed),
    keyword("requiredrsasize", Number, Followed),
    keyword(
        "checkhostip",
        Flag,
        Refused(&["no"], "keys are known by a host's name alone"),
    ),
    keyword(
        "nohostauthenticationforlocalhost",
        Flag,
        Refused(&["no"], "every host has to prove who it is"),
    ),
    keyword(
        "revokedhostkeys",
        Word,
        Refused(
            &["none"],
            "lists of revoked keys are not read; `@revoked` in known_hosts is",
        ),
    ),
    keyword(
        "knownhostscommand",
        Rest,
        Refused(&["none"], "known keys come from files alone"),
    ),
    keyword(
        "verifyhostkeydns",
        ASK,
        Noted(&["no"], "DNS vouches for nobody here"),
    ),
    keyword("updatehostkeys", ASK, Silent),
    keyword("fingerprinthash", Word, Silent),
    keyword("visualhostkey", Flag, Silent),
    // Who we are.
    keyword("identityfile", Each, Followed),
    keyword("certificatefile", Each, Followed),
    keyword("identitiesonly", Flag, Followed),
    keyword("identityagent", Agent, Followed),
    keyword("preferredauthentications", Word, Followed),
    keyword("pubkeyauthentication", PUBKEY, Followed),
    keyword("passwordauthentication", Flag, Followed),
    keyword("kbdinteractiveauthentication", Flag, Followed),
    keyword("batchmode", Flag, Followed),
    keyword("pubkeyacceptedalgorithms", Algorithms, Followed),
    keyword("numberofpasswordprompts", Number, Silent),
    keyword("kbdinteractivedevices", Word, Silent),
    keyword("addkeystoagent", Opaque, Silent),
    keyword("enablesshkeysign", Flag, Silent),
    keyword("hostbasedauthentication", Flag, OTHER_METHOD),
    keyword("hostbasedacceptedalgorithms", Algorithms, Silent),
    // Debian's own file says yes to this one.
    keyword("gssapiauthentication", Flag, Silent),
    keyword("gssapidelegatecredentials", Flag, Silent),
    keyword("gssapikeyexchange", Opaque, Silent),
    keyword("gssapikexalgorithms", Opaque, Silent),
    keyword("gssapiclientidentity", Opaque, Silent),
    keyword("gssapiserveridentity", Opaque, Silent),
    keyword("gssapirenewalforcesrekey", Opaque, Silent),
    keyword("gssapitrustdns", Opaque, Silent),
    keyword(
        "pkcs11provider",
        Word,
        Noted(&["none"], "tokens are used through the agent: `ssh-add -s`"),
    ),
    keyword("securitykeyprovider", Word, Silent),
    // How it is spoken.
    keyword("kexalgorithms", Algorithms, Followed),
    keyword("ciphers", Algorithms, Followed),
    keyword("macs", Algorithms, Followed),
    keyword(
        "compression",
        Flag,
        Noted(
            &["no"],
            "compressing before encrypting lets the length of a packet tell what is in it, and programs are short",
        ),
    ),
    keyword("sendenv", SendEnv, Followed),
    keyword("setenv", SetEnv, Followed),
    keyword("loglevel", LEVEL, Silent),
    keyword("logverbose", Words, Silent),
    keyword("syslogfacility", Word, Silent),
    keyword("rekeylimit", Opaque, Silent),
    keyword("tcpkeepalive", Flag, Silent),
    keyword("ipqos", Opaque, Silent),
    keyword("ignoreunknown", Word, Followed),
    keyword("channeltimeout", Opaque, Silent),
    keyword("obscurekeystroketiming", Opaque, Silent),
    keyword("versionaddendum", Opaque, Silent),
    keyword("warnweakcrypto", Opaque, Silent),
    // What a person at a terminal wants.
    keyword(
        "controlmaster",
        Opaque,
        Noted(
            &["no", "false"],
            "a run makes one connection to each host and shares no other",
        ),
    ),
    keyword("controlpath", Word, Silent),
    keyword("controlpersist", Opaque, Silent),
    keyword(
        "requesttty",
        TTY,
        Noted(&["no", "auto"], "programs run without a terminal"),
    ),
    keyword(
        "sessiontype",
        SESSION,
        Noted(&["default"], "a session is for the program"),
    ),
    keyword(
        "remotecommand",
        Rest,
        Noted(&["none"], "what runs there is the program"),
    ),
    keyword("localcommand", Rest, LOCAL),
    keyword("permitlocalcommand", Flag, LOCAL),
    keyword("stdinnull", Flag, Noted(&["no"], "stdin carries the program")),
    keyword(
        "forkafterauthentication",
        Flag,
        Noted(&["no"], "a run stays in front"),
    ),
    keyword("escapechar", Opaque, Silent),
    keyword("enableescapecommandline", Flag, Silent),
    keyword("forwardagent", Opaque, FORWARDING),
    keyword("forwardx11", Flag, FORWARDING),
    keyword("forwardx11trusted", Flag, Silent),
    keyword("forwardx11timeout", Time, Silent),
    keyword("xauthlocation", Word, Silent),
    keyword("localforward", Opaque, FORWARDING),
    keyword("remoteforward", Opaque, FORWARDING),
    keyword("dynamicforward", Opaque, FORWARDING),
    keyword("permitremoteopen", Opaque, Silent),
    keyword("clearallforwardings", Flag, Silent),
    keyword("exitonforwardfailure", Flag, Silent),
    keyword("gatewayports", Flag, Silent),
    keyword("streamlocalbindmask", Opaque, Silent),
    keyword("streamlocalbindunlink", Flag, Silent),
    keyword("tunnel", Opaque, FORWARDING),
    keyword("tunneldevice", Opaque, Silent),
    // What has long meant nothing to ssh either.
    keyword("protocol", Opaque, Silent),
    keyword("cipher", Opaque, Silent),
    keyword("fallbacktorsh", Opaque, Silent),
    keyword("globalknownhostsfile2", Opaque, Silent),
    keyword("rhostsauthentication", Opaque, Silent),
    keyword("userknownhostsfile2", Opaque, Silent),
    keyword("useroaming", Opaque, Silent),
    keyword("usersh", Opaque, Silent),
    keyword("useprivilegedport", Opaque, Silent),
    keyword("afstokenpassing", Opaque, Silent),
    keyword("kerberosauthentication", Opaque, Silent),
    keyword("kerberostgtpassing", Opaque, Silent),
    keyword("rsaauthentication", Opaque, Silent),
    keyword("rhostsrsaauthentication", Opaque, Silent),
    keyword("compressionlevel", Opaque, Silent),
];

/// Other names of the same.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("tisauthentication", "kbdinteractiveauthentication"),
    ("dsaauthentication", "pubkeyauthentication"),
    ("identityfile2", "identityfile"),
    ("smartcarddevice", "pkcs11provider"),
    ("keepalive", "tcpkeepalive"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("hostbasedkeytypes", "hostbasedacceptedalgorithms"),
];

/// The directive called `name`, which is in lower case.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    ALL.iter().find(|keyword| keyword.name == name)
}

/// Their names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let blocks = ["host", "match", "include"];
    ALL.iter()
        .filter(|keyword| keyword.role != Silent)
        .map(|keyword| keyword.name)
        .chain(blocks)
}
