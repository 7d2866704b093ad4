//! `set-cluster`, `set-context`, `use-context`: what they do to a kubeconfig, field by field as
//! kubectl 1.32 does it, after looking whether it can work.

use crate::TOOL;
use crate::args::{Change, Named, SetCluster, SetContext};
use crate::entry::{Fields, Section, entry};
use crate::location;
use crate::material::{Material, check_pair};
use crate::model::{dangling, encode};
use crate::server::{ServerUrl, check_proxy_url};
use crate::store::{self, Draft};
use khw_core::{Error, Exit, cli, output};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where certificates and keys go: into the file, or as a path written by this rule.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Embedded,
    /// Relative to the kubeconfig.
    Path,
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
    /// Makes the change for the kubeconfig at `file`; whether the cluster is new.
    pub(crate) fn apply(&self, root: &mut Map<String, Value>, file: &Path) -> Result<bool, Error> {
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
            authority.apply(&mut cluster, "certificate-authority", file)?;
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
    Path { given: PathBuf, as_given: bool },
}

impl Written {
    /// Writes it into an entry of the kubeconfig at `file`.
    pub(crate) fn apply(&self, fields: &mut Fields<'_>, field: &str, file: &Path) -> Result<(), Error> {
        let data = format!("{field}-data");
        match self {
            Written::Data(base64) => {
                fields.text(&data, base64.as_str());
                fields.clear(field);
            }
            Written::Path { given, as_given } => {
                let here = std::env::current_dir().map_err(|e| Error::io("the current directory", &e))?;
                let path = if *as_given { location::text(given)? } else { location::reference(given, file, &here)? };
                let is_path = !path.is_empty();
                fields.text(field, path);
                if is_path {
                    fields.clear(&data);
                }
            }
        }
        Ok(())
    }

    fn of(path: &Path, material: Option<&Material>, place: Place) -> Written {
        match (place, material) {
            (Place::Embedded, Some(material)) => Written::Data(encode(&material.content)),
            _ => Written::Path { given: path.to_owned(), as_given: !matches!(place, Place::Path) },
        }
    }
}

/// Reads a file where it must be read: to embed it, or to look at it. Empty text names no file.
fn material(option: &'static str, path: &Path, place: Place, verify: bool) -> Result<Option<Material>, Error> {
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

/// A CA's certificates, looked at and ready to be written, and what was read.
pub(crate) fn authority(path: &Path, place: Place, verify: bool) -> Result<(Written, Option<Material>), Error> {
    let material = material("--certificate-authority", path, place, verify)?;
    if let Some(material) = material.as_ref().filter(|_| verify) {
        material.certificate()?;
    }
    Ok((Written::of(path, material.as_ref(), place), material))
}

/// A client's certificate and key, looked at and ready to be written, and the certificate's common name.
pub(crate) struct Pair {
    pub(crate) certificate: Option<Written>,
    pub(crate) key: Option<Written>,
    pub(crate) common_name: Option<String>,
    certificate_material: Option<Material>,
    key_material: Option<Material>,
}

impl Pair {
    /// The certificate that was given.
    pub(crate) fn certificate_material(&self) -> Option<&Material> {
        self.certificate_material.as_ref()
    }

    /// The key that was given.
    pub(crate) fn key_material(&self) -> Option<&Material> {
        self.key_material.as_ref()
    }
}

/// Reads and looks at a pair, of which either may be missing.
pub(crate) fn pair(
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
    place: Place,
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
    let written =
        |path: Option<&PathBuf>, material: Option<&Material>| path.map(|path| Written::of(path, material, place));
    Ok(Pair {
        certificate: written(certificate, certificate_material.as_ref()),
        key: written(key, key_material.as_ref()),
        common_name,
        certificate_material,
        key_material,
    })
}

/// Looks at a server URL, and warns when it is not encrypted. `field` is the option or property that it came with.
pub(crate) fn check_server(field: &str, server: &str) -> Result<(), Error> {
    let url: ServerUrl = server.parse().map_err(|e: Error| e.field(field))?;
    if !url.is_https() && !url.is_loopback() {
        let warning = format_args!("{field}: http is not encrypted, and an API server answers on https only");
        cli::warn(TOOL.name, warning);
    }
    Ok(())
}

pub(crate) fn check_name(section: Section, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::new(format!("the {}'s name is empty", section.one())).hint("was a shell variable unset?"));
    }
    Ok(())
}

pub(crate) fn place(embed: Option<bool>) -> Place {
    if embed == Some(true) { Place::Embedded } else { Place::Path }
}

pub(crate) fn done(sentence: &str) -> anyhow::Result<Exit> {
    output::print(format!("{sentence}\n").as_bytes())?;
    Ok(Exit::Done)
}

impl Change {
    /// Whether to look if it can work.
    pub(crate) fn verify(&self) -> bool {
        !self.no_verify
    }

    /// Changes the kubeconfigs that are meant.
    pub(crate) fn apply<T>(&self, change: &dyn Fn(&mut Draft) -> Result<T, Error>) -> Result<T, Error> {
        store::change(&self.file.files()?, self.lock_timeout, self.verify(), change)
    }
}

/// `set-cluster`
pub(crate) fn set_cluster(args: &SetCluster) -> anyhow::Result<Exit> {
    let verify = args.change.verify();
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
        check_server("--server", server)?;
    }
    if let Some(proxy) = args.proxy_url.as_deref().filter(|proxy| verify && !proxy.is_empty()) {
        check_proxy_url(proxy).map_err(|e| e.field("--proxy-url"))?;
    }
    let place = place(args.embed_certs);
    let authority = args.certificate_authority.as_ref().map(|file| authority(file, place, verify)).transpose()?;
    if let Some((_, Some(material))) = authority.as_ref().filter(|_| verify)
        && let Some(warning) = material.is_no_authority()?
    {
        cli::warn(TOOL.name, warning);
    }
    let authority = authority.map(|(written, _)| written);
    let cluster = ClusterChange {
        name: &args.name,
        server: args.server.as_deref(),
        tls_server_name: args.tls_server_name.as_deref(),
        proxy_url: args.proxy_url.as_deref(),
        insecure: args.insecure_skip_tls_verify == Some(true),
        authority,
    };
    let made = args.change.apply(&|draft| {
        let file = draft.destination(Section::Clusters, &args.name).to_owned();
        cluster.apply(&mut draft.value, &file)
    })?;
    if made && args.server.is_none() && verify {
        let name = args.name.escape_debug();
        cli::warn(TOOL.name, format_args!("the cluster '{name}' has no server yet: give it one with --server"));
    }
    done(&format!("Cluster {:?} set.", args.name))
}

/// `set-context`
pub(crate) fn set_context(args: &SetContext) -> anyhow::Result<Exit> {
    let current = args.current == Some(true);
    if let Some(name) = &args.name {
        check_name(Section::Contexts, name)?;
        if current {
            return Err(Error::new("cannot be used together with a context's name")
                .field("--current")
                .hint("name the context, or leave the name away for the one in use")
                .into());
        }
    } else if !current {
        return Err(Error::new("the context's name is missing").hint("name it, or say --current").into());
    }
    let (name, made) = args.change.apply(&|draft| {
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
    args.change.apply(&|draft| {
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
