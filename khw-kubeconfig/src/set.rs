//! `set-cluster`, `set-credentials`, `set-context`, `use-context`: what they do to a kubeconfig, field by field as
//! kubectl 1.32 does it, after looking whether it can work.

use crate::TOOL;
use crate::args::{Change, Named, SetCluster, SetContext, SetCredentials};
use crate::entry::{Section, entry};
use crate::location;
use crate::material::{Material, check_pair};
use crate::model::{dangling, encode};
use crate::server::ServerUrl;
use crate::store::{self, Draft};
use khw_core::{Error, Exit, cli, output};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where certificates and keys go: into the file, or as a path written by this rule.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Embedded,
    /// Relative to this kubeconfig.
    PathFor(&'a Path),
    /// Just as it was given.
    PathAsGiven,
}

/// A cluster's settings, looked at.
pub(crate) struct ClusterChange<'a> {
    pub(crate) name: &'a str,
    pub(crate) server: Option<&'a str>,
    pub(crate) tls_server_name: Option<&'a str>,
    pub(crate) proxy_url: Option<&'a str>,
    pub(crate) insecure: bool,
    pub(crate) authority: Option<Written>,
}

impl ClusterChange<'_> {
    pub(crate) fn apply(&self, root: &mut Map<String, Value>) -> Result<bool, Error> {
        let (mut cluster, made) = entry(root, Section::Clusters, self.name)?;
        if let Some(server) = self.server {
            cluster.text("server", server);
            // A name for the old server's certificate is not one for the new server's.
            cluster.clear("tls-server-name");
        }
        if let Some(name) = self.tls_server_name {
            cluster.text("tls-server-name", name);
        }
        // kubectl sets this one every time: without the option the server's certificate is checked again.
        cluster.flag("insecure-skip-tls-verify", self.insecure);
        if self.insecure {
            cluster.clear("certificate-authority");
            cluster.clear("certificate-authority-data");
        }
        if let Some(authority) = &self.authority {
            authority.apply(&mut cluster, "certificate-authority");
        }
        if let Some(url) = self.proxy_url {
            cluster.text("proxy-url", url);
        }
        Ok(made)
    }
}

/// A certificate or key as it is written: its base64, or its path.
pub(crate) enum Written {
    Data(String),
    Path(String),
}

impl Written {
    pub(crate) fn apply(&self, fields: &mut crate::entry::Fields<'_>, field: &str) {
        let data = format!("{field}-data");
        match self {
            Written::Data(base64) => {
                fields.text(&data, base64.as_str());
                fields.clear(field);
            }
            Written::Path(path) => {
                fields.text(field, path.as_str());
                if !path.is_empty() {
                    fields.clear(&data);
                }
            }
        }
    }

    fn of(path: &Path, material: Option<&Material>, place: Place<'_>) -> Result<Written, Error> {
        match (place, material) {
            (Place::Embedded, Some(material)) => Ok(Written::Data(encode(&material.content))),
            (Place::PathFor(kubeconfig), _) => {
                let here = std::env::current_dir().map_err(|e| Error::io("the current directory", &e))?;
                location::reference(path, kubeconfig, &here).map(Written::Path)
            }
            (Place::Embedded, None) | (Place::PathAsGiven, _) => path
                .to_str()
                .map(|path| Written::Path(path.to_owned()))
                .ok_or_else(|| Error::new("is not UTF-8, which a kubeconfig cannot hold").field(path.display())),
        }
    }
}

/// Reads a file where it must be read: to embed it, or to look at it. Empty text names no file.
fn material(option: &'static str, path: &Path, place: Place<'_>, verify: bool) -> Result<Option<Material>, Error> {
    if path.as_os_str().is_empty() {
        if verify {
            return Err(Error::new("is empty").field(option).hint("was a shell variable unset? name the file"));
        }
        return Ok(None);
    }
    if path.as_os_str() == "-" && !matches!(place, Place::Embedded) {
        return Err(Error::new("standard input has no path that could be written into the kubeconfig")
            .field(option)
            .hint("add --embed-certs"));
    }
    if verify || matches!(place, Place::Embedded) { Material::read(option, path).map(Some) } else { Ok(None) }
}

/// A CA's certificates, looked at and ready to be written.
pub(crate) fn authority(path: &Path, place: Place<'_>, verify: bool) -> Result<Written, Error> {
    let material = material("--certificate-authority", path, place, verify)?;
    if let Some(material) = material.as_ref().filter(|_| verify) {
        material.certificate()?;
    }
    Written::of(path, material.as_ref(), place)
}

/// A client's certificate and key, looked at and ready to be written, and the certificate's common name.
pub(crate) struct Pair {
    pub(crate) certificate: Option<Written>,
    pub(crate) key: Option<Written>,
    pub(crate) common_name: Option<String>,
}

/// Reads and looks at a pair, of which either may be missing.
pub(crate) fn pair(
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
    place: Place<'_>,
    verify: bool,
) -> Result<Pair, Error> {
    let read = |option, path: Option<&PathBuf>| match path {
        Some(path) => material(option, path, place, verify),
        None => Ok(None),
    };
    let certificate_material = read("--client-certificate", certificate)?;
    let key_material = read("--client-key", key)?;
    if verify {
        check_pair(certificate_material.as_ref(), key_material.as_ref())?;
    }
    let common_name = certificate_material.as_ref().and_then(|m| m.certificate().ok()?.common_name());
    let written = |path: Option<&PathBuf>, material: Option<&Material>| {
        path.map(|path| Written::of(path, material, place)).transpose()
    };
    Ok(Pair {
        certificate: written(certificate, certificate_material.as_ref())?,
        key: written(key, key_material.as_ref())?,
        common_name,
    })
}

/// Looks at a server URL, and warns when it is not encrypted.
pub(crate) fn check_server(server: &str) -> Result<(), Error> {
    let url: ServerUrl = server.parse().map_err(|e: Error| e.field("--server"))?;
    if !url.is_https() && !url.is_loopback() {
        let warning = "--server: http is not encrypted, and an API server answers on https only";
        cli::warn(TOOL.name, warning);
    }
    Ok(())
}

fn check_name(section: Section, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::new(format!("the {}'s name is empty", section.one())).hint("was a shell variable unset?"));
    }
    Ok(())
}

fn place(embed: Option<bool>, kubeconfig: &Path) -> Place<'_> {
    if embed == Some(true) { Place::Embedded } else { Place::PathFor(kubeconfig) }
}

fn done(sentence: &str) -> anyhow::Result<Exit> {
    output::print(format!("{sentence}\n").as_bytes())?;
    Ok(Exit::Done)
}

impl Change {
    fn verify(&self) -> bool {
        !self.no_verify
    }

    /// The file that is changed.
    pub(crate) fn path(&self) -> Result<PathBuf, Error> {
        self.file.path()
    }

    /// Changes it.
    pub(crate) fn apply<T>(&self, path: &Path, change: &dyn Fn(&mut Draft) -> Result<T, Error>) -> Result<T, Error> {
        store::change(path, self.lock_timeout, change)
    }
}

/// `set-cluster`
pub(crate) fn set_cluster(args: &SetCluster) -> anyhow::Result<Exit> {
    let (path, verify) = (args.change.path()?, args.change.verify());
    check_name(Section::Clusters, &args.name)?;
    let authority_given = args.certificate_authority.as_ref().filter(|path| !path.as_os_str().is_empty());
    if args.insecure_skip_tls_verify == Some(true) && authority_given.is_some() {
        return Err(Error::new("cannot be used together with --insecure-skip-tls-verify")
            .field("--certificate-authority")
            .hint("the one is to check the server's certificate, the other not to")
            .into());
    }
    if args.embed_certs == Some(true) && authority_given.is_none() {
        return Err(Error::new("there is no --certificate-authority to embed")
            .field("--embed-certs")
            .hint("name the CA's certificate: --certificate-authority=ca.crt")
            .into());
    }
    if let Some(server) = args.server.as_deref().filter(|_| verify) {
        check_server(server)?;
    }
    let place = place(args.embed_certs, &path);
    let authority = args.certificate_authority.as_ref().map(|file| authority(file, place, verify)).transpose()?;
    let cluster = ClusterChange {
        name: &args.name,
        server: args.server.as_deref(),
        tls_server_name: args.tls_server_name.as_deref(),
        proxy_url: args.proxy_url.as_deref(),
        insecure: args.insecure_skip_tls_verify == Some(true),
        authority,
    };
    let made = args.change.apply(&path, &|draft| cluster.apply(&mut draft.value))?;
    if made && args.server.is_none() && verify {
        let name = args.name.escape_debug();
        cli::warn(TOOL.name, format_args!("the cluster '{name}' has no server yet: give it one with --server"));
    }
    done(&format!("Cluster {:?} set.", args.name))
}

/// `set-credentials`
pub(crate) fn set_credentials(args: &SetCredentials) -> anyhow::Result<Exit> {
    let (path, verify) = (args.change.path()?, args.change.verify());
    check_name(Section::Users, &args.name)?;
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let (token, basic) = (given(&args.token), given(&args.username) || given(&args.password));
    if token && basic {
        return Err(Error::new("cannot be used together with --username and --password")
            .field("--token")
            .hint("a user has one way to say who it is: choose one")
            .into());
    }
    let file_given = |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| !path.as_os_str().is_empty());
    if args.embed_certs == Some(true) && !file_given(&args.client_certificate) && !file_given(&args.client_key) {
        return Err(Error::new("there is no --client-certificate or --client-key to embed")
            .field("--embed-certs")
            .hint("name them: --client-certificate=FILE --client-key=FILE")
            .into());
    }
    let place = place(args.embed_certs, &path);
    let pair = pair(args.client_certificate.as_ref(), args.client_key.as_ref(), place, verify)?;
    args.change.apply(&path, &|draft| {
        let (mut user, _) = entry(&mut draft.value, Section::Users, &args.name)?;
        for (written, field) in [(&pair.certificate, "client-certificate"), (&pair.key, "client-key")] {
            if let Some(written) = written {
                written.apply(&mut user, field);
            }
        }
        for (text, field) in [(&args.token, "token"), (&args.username, "username"), (&args.password, "password")] {
            if let Some(text) = text {
                user.text(field, text.as_str());
            }
        }
        // Setting the one way takes the other away, as kubectl does.
        if basic {
            user.clear("token");
        }
        if token {
            user.clear("username");
            user.clear("password");
        }
        Ok(())
    })?;
    done(&format!("User {:?} set.", args.name))
}

/// `set-context`
pub(crate) fn set_context(args: &SetContext) -> anyhow::Result<Exit> {
    let path = args.change.path()?;
    let current = args.current == Some(true);
    if let Some(name) = &args.name {
        check_name(Section::Contexts, name)?;
    } else if !current {
        return Err(Error::new("the context's name is missing").hint("name it, or say --current").into());
    }
    let (name, made) = args.change.apply(&path, &|draft| {
        let config = &draft.config;
        let name = match (&args.name, &config.current_context) {
            (Some(name), _) => name.clone(),
            (None, Some(current)) => current.clone(),
            (None, None) => {
                return Err(Error::new("is not set").field("current-context").hint("name the context to change"));
            }
        };
        if args.change.verify() {
            let place = |field: &str| format!("contexts.{}.{field}", name.escape_debug());
            if let Some(to) = args.cluster.as_deref().filter(|to| !to.is_empty() && config.cluster(to).is_none()) {
                return Err(dangling("cluster", to, config.clusters.iter().map(|c| &c.name)).field(place("cluster")));
            }
            if let Some(to) = args.user.as_deref().filter(|to| !to.is_empty() && config.user(to).is_none()) {
                return Err(dangling("user", to, config.users.iter().map(|u| &u.name)).field(place("user")));
            }
        }
        let (mut context, made) = entry(&mut draft.value, Section::Contexts, &name)?;
        for (text, field) in [(&args.cluster, "cluster"), (&args.user, "user"), (&args.namespace, "namespace")] {
            if let Some(text) = text {
                context.text(field, text.as_str());
            }
        }
        Ok((name, made))
    })?;
    done(&format!("Context {name:?} {}.", if made { "created" } else { "modified" }))
}

/// `use-context`
pub(crate) fn use_context(args: &Named) -> anyhow::Result<Exit> {
    let path = args.change.path()?;
    args.change.apply(&path, &|draft| {
        let config = &draft.config;
        // kubectl refuses this too.
        let context = config
            .context(&args.name)
            .ok_or_else(|| dangling("context", &args.name, config.contexts.iter().map(|c| &c.name)))?;
        if args.change.verify() {
            config.resolve(context)?;
        }
        draft.value.insert("current-context".to_owned(), Value::String(args.name.clone()));
        Ok(())
    })?;
    done(&format!("Switched to context {:?}.", args.name))
}
