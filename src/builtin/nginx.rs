//! `nginx`: the web server with its sites.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, Link, OnChange, Package, Resource, Service};

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
    #[serde(default = "http")]
    listen: u16,
    server_name: Option<String>,
    root: Option<String>,
    index: Option<String>,
    proxy: Option<String>,
}

fn http() -> u16 {
    80
}

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
        let texts = [
            ("server_name", &self.server_name),
            ("root", &self.root),
            ("proxy", &self.proxy),
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
        Ok(())
    }

    fn text(&self) -> String {
        let place = match &self.proxy {
            Some(proxy) => format!(
                "        proxy_pass {proxy};\n        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n        proxy_set_header X-Forwarded-Proto $scheme;\n"
            ),
            None => "        try_files $uri $uri/ =404;\n".to_owned(),
        };
        format!(
            "# Written by provision; changes made here are lost.\nserver {{\n    listen {port};\n    listen [::]:{port};\n    server_name {name};\n    root {root};\n    index index.html;\n\n    location / {{\n{place}    }}\n}}\n",
            port = self.listen,
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
                "name, listen (80), server_name, root (/var/www/NAME), index (content of index.html), proxy (URL to pass requests to)",
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
