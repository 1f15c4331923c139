//! `nginx`: the web server with its sites.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Certificate, Directory, File, Link, OnChange, Package, Resource, Service};

/// Serves sites with nginx.
pub(super) struct Nginx(Name);

impl Default for Nginx {
    fn default() -> Self {
        Self(super::name("nginx"))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    sites: Vec<Site>,
    default_site: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    name: String,
    listen: Option<u16>,
    server_name: Option<String>,
    root: Option<String>,
    index: Option<String>,
    proxy: Option<String>,
    tls: Option<Tls>,
}

/// How a site is served over TLS: with what lies there, or with what the host signs itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: Option<String>,
    key: Option<String>,
    #[serde(default = "yes")]
    redirect: bool,
}

fn yes() -> bool {
    true
}

/// Where certificates are that the host has signed itself.
const OWN_CERTIFICATES: &str = "/etc/nginx/tls";

impl Site {
    fn root(&self) -> String {
        self.root
            .clone()
            .unwrap_or_else(|| format!("/var/www/{}", self.name))
    }

    /// Refuses values that would end their line of nginx's file and begin another.
    fn validate(&self) -> Result<(), Diagnostic> {
        Name::parse(&self.name)
            .map_err(|error| Diagnostic::new(format!("nginx site {:?}: {error}", self.name)))?;
        let tls = self.tls.as_ref();
        let texts = [
            ("server_name", self.server_name.as_ref()),
            ("root", self.root.as_ref()),
            ("proxy", self.proxy.as_ref()),
            ("tls.certificate", tls.and_then(|tls| tls.certificate.as_ref())),
            ("tls.key", tls.and_then(|tls| tls.key.as_ref())),
        ];
        for (key, text) in texts {
            if let Some(text) = text
                && (text.is_empty()
                    || text.contains([';', '{', '}', '"', '\'', '\\', '#', '$'])
                    || text.chars().any(char::is_control))
            {
                return Err(Diagnostic::new(format!(
                    "nginx site `{}`: {text:?} cannot be its `{key}`",
                    self.name
                )));
            }
        }
        let refuse = |what: &str| Err(Diagnostic::new(format!("nginx site `{}`: {what}", self.name)));
        match tls.map(|tls| (&tls.certificate, &tls.key)) {
            Some((Some(_), None) | (None, Some(_))) => {
                refuse("`tls` takes `certificate` and `key` together, or neither")
            }
            Some((None, None)) if self.server_name.is_none() => refuse(
                "a certificate is for a name; say the site's `server_name`, or give `tls.certificate` and `tls.key`",
            ),
            _ => Ok(()),
        }
    }

    fn port(&self) -> u16 {
        self.listen.unwrap_or(if self.tls.is_some() { 443 } else { 80 })
    }

    /// The paths of its certificate and key.
    fn pair(&self, tls: &Tls) -> (String, String) {
        match (&tls.certificate, &tls.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => (
                format!("{OWN_CERTIFICATES}/{}.pem", self.name),
                format!("{OWN_CERTIFICATES}/{}.key", self.name),
            ),
        }
    }

    /// A server that sends those who come without TLS to the one with it.
    fn redirect(&self) -> String {
        let port = match self.port() {
            443 => String::new(),
            other => format!(":{other}"),
        };
        format!(
            "\nserver {{\n    listen 80;\n    listen [::]:80;\n    server_name {};\n    return 301 https://$host{port}$request_uri;\n}}\n",
            self.server_name.as_deref().unwrap_or("_"),
        )
    }

    fn text(&self) -> String {
        let place = match &self.proxy {
            Some(proxy) => format!(
                "        proxy_pass {proxy};\n        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n        proxy_set_header X-Forwarded-Proto $scheme;\n"
            ),
            None => "        try_files $uri $uri/ =404;\n".to_owned(),
        };
        let (ssl, pair, redirect) = match &self.tls {
            None => ("", String::new(), String::new()),
            Some(tls) => {
                let (certificate, key) = self.pair(tls);
                let pair = format!(
                    "    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n    ssl_protocols TLSv1.2 TLSv1.3;\n"
                );
                let redirect = if tls.redirect {
                    self.redirect()
                } else {
                    String::new()
                };
                (" ssl", pair, redirect)
            }
        };
        format!(
            "# Written by provision; changes made here are lost.\nserver {{\n    listen {port}{ssl};\n    listen [::]:{port}{ssl};\n    server_name {name};\n{pair}    root {root};\n    index index.html;\n\n    location / {{\n{place}    }}\n}}\n{redirect}",
            port = self.port(),
            name = self.server_name.as_deref().unwrap_or("_"),
            root = self.root(),
        )
    }

    fn resources(self) -> Vec<Resource> {
        let mut resources = Vec::new();
        if self.proxy.is_none() {
            resources.push(Directory::new(self.root()).into());
        }
        if let Some(index) = &self.index {
            resources.push(File::new(format!("{}/index.html", self.root()), index.as_str()).into());
        }
        if let Some(tls) = self.tls.as_ref().filter(|tls| tls.certificate.is_none()) {
            let (certificate, key) = self.pair(tls);
            let names = self.server_name.as_deref().unwrap_or_default();
            let names = names.split_whitespace().map(str::to_owned);
            let own = Certificate::new(certificate, key, names);
            resources.push(Resource::from(own).notify("nginx"));
        }
        let available = format!("/etc/nginx/sites-available/{}", self.name);
        resources.push(Resource::from(File::new(available.clone(), self.text())).notify("nginx"));
        let enabled = format!("/etc/nginx/sites-enabled/{}", self.name);
        resources.push(Resource::from(Link::new(enabled, available)).notify("nginx"));
        resources
    }
}

impl Module for Nginx {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The nginx web server with its sites"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "sites",
                "list of tables",
                "[]",
                "name, listen (80, with `tls` 443), server_name, root (/var/www/NAME), index (content of index.html), proxy (URL to pass requests to), tls (a table: certificate and key, paths of what is there, else the host signs its own; redirect (true), from port 80)",
            ),
            Setting::optional(
                "default_site",
                "boolean",
                "false",
                "whether Debian's example site stays enabled",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { sites, default_site } = config.read()?;
        let mut package = Package::lean("nginx");
        if !default_site && sites.iter().all(|site| site.name != "default") {
            package
                .discard
                .push("/etc/nginx/sites-enabled/default".to_owned());
        }
        let mut resources: Vec<Resource> = vec![Resource::from(package).notify("nginx")];
        let own = |site: &Site| site.tls.as_ref().is_some_and(|tls| tls.certificate.is_none());
        if sites.iter().any(own) {
            resources.push(Package::lean("openssl").into());
            resources.push(Directory::new(OWN_CERTIFICATES).into());
        }
        let mut mistakes = Diagnostics::default();
        for site in sites {
            match site.validate() {
                Ok(()) => resources.extend(site.resources()),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        resources.push(Service::new("nginx", OnChange::Reload).into());
        mistakes.into_result(resources)
    }
}
