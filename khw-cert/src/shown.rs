//! What `khw-cert x509` shows, in the order in which it is asked for: openssl prints in that order, and scripts count
//! lines.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// One thing that is shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Show {
    Text,
    Subject,
    Issuer,
    StartDate,
    EndDate,
    Serial,
    NextSerial,
    Fingerprint,
    Modulus,
    PublicKey,
    SubjectHash,
    IssuerHash,
    Email,
    OcspUri,
    Alias,
    Purposes,
    /// The extensions with these names.
    Extensions(String),
}

/// Everything that is asked for, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown(pub(crate) Vec<Show>);

/// An option, its other name, what it asks for, and its help.
type Row = (&'static str, Option<&'static str>, &'static [Show], &'static str);

const ROWS: [Row; 17] = [
    ("text", None, &[Show::Text], "Show all of it"),
    ("subject", None, &[Show::Subject], "Show the subject"),
    ("issuer", None, &[Show::Issuer], "Show the issuer"),
    ("dates", None, &[Show::StartDate, Show::EndDate], "Show from when to when it is valid"),
    ("startdate", None, &[Show::StartDate], "Show from when it is valid"),
    ("enddate", None, &[Show::EndDate], "Show until when it is valid"),
    ("serial", None, &[Show::Serial], "Show the serial number"),
    ("next_serial", None, &[Show::NextSerial], "Show the serial number and one"),
    ("fingerprint", None, &[Show::Fingerprint], "Show the fingerprint: SHA-1, or the hash of another option"),
    ("modulus", None, &[Show::Modulus], "Show the modulus of an RSA key"),
    ("pubkey", None, &[Show::PublicKey], "Write the public key"),
    ("hash", Some("subject_hash"), &[Show::SubjectHash], "Show the hash of the subject, for a directory of CAs"),
    ("issuer_hash", None, &[Show::IssuerHash], "Show the hash of the issuer"),
    ("email", None, &[Show::Email], "Show the e-mail addresses"),
    ("ocsp_uri", None, &[Show::OcspUri], "Show where its revocation is asked for"),
    ("alias", None, &[Show::Alias], "Show the alias, which it never has here"),
    ("purpose", None, &[Show::Purposes], "Show what it may be used for"),
];

const EXTENSIONS: &str = "ext";

impl Args for Shown {
    fn augment_args(command: Command) -> Command {
        let rows = ROWS.iter().map(|(name, alias, _, help)| {
            let argument = Arg::new(*name).long(*name).action(ArgAction::SetTrue).help(*help);
            match alias {
                Some(alias) => argument.visible_alias(*alias),
                None => argument,
            }
        });
        let extensions = Arg::new(EXTENSIONS).long(EXTENSIONS).value_name("NAMES");
        command.args(rows).arg(extensions.help("Show the extensions with these names, with ',' between"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Shown {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let mut out: Vec<(usize, Vec<Show>)> = Vec::new();
        for (name, _, shows, _) in ROWS.iter().filter(|row| given(row.0)) {
            out.extend(matches.indices_of(name).and_then(Iterator::last).map(|at| (at, shows.to_vec())));
        }
        if let (Some(at), Some(names)) = (matches.index_of(EXTENSIONS), matches.get_one::<String>(EXTENSIONS)) {
            out.push((at, vec![Show::Extensions(names.clone())]));
        }
        out.sort_by_key(|(at, _)| *at);
        Ok(Shown(out.into_iter().flat_map(|(_, shows)| shows).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
