//! The certificates that a client trusts, and the one that it shows.

use reqwest::ClientBuilder;

use crate::error::Error;

/// Certificates in PEM form, each with the name of the setting or variable that it came from.
pub(crate) type Pem = (&'static str, Vec<u8>);

/// The certificates of a client.
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
pub(crate) struct Certificates {
    roots: Vec<reqwest::Certificate>,
    identity: Option<reqwest::Identity>,
}

#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
impl Certificates {
    pub(crate) fn read(roots: &[Pem], identity: Option<&Pem>) -> Result<Self, Error> {
        let mut all = Vec::new();
        for (name, pem) in roots {
            let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| {
                Error::configuration(name, "it is not a certificate in PEM form").caused_by(error)
            })?;
            if roots.is_empty() {
                let what = "it holds no certificate in PEM form; expected is the text of one, not the path of a file";
                return Err(Error::configuration(name, what));
            }
            all.extend(roots);
        }
        let identity = identity.map(|(name, pem)| {
            #[cfg(feature = "rustls-no-provider")]
            let identity = reqwest::Identity::from_pem(pem);
            #[cfg(not(feature = "rustls-no-provider"))]
            let identity = reqwest::Identity::from_pkcs8_pem(pem, pem);
            let what = "it is not a certificate and its private key in PEM form";
            identity.map_err(|error| Error::configuration(name, what).caused_by(error))
        });
        Ok(Self {
            roots: all,
            identity: identity.transpose()?,
        })
    }

    /// Shows the client's certificate, and trusts these authorities, beside those of the host
    /// if they are to be loaded.
    pub(crate) fn set(&self, builder: ClientBuilder, loads_host: bool) -> ClientBuilder {
        let builder = match &self.identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        };
        match loads_host {
            true => builder.tls_certs_merge(self.roots.clone()),
            false => builder.tls_certs_only(self.roots.clone()),
        }
    }
}

/// Without TLS there are no certificates, and no `https://` gets this far.
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
pub(crate) struct Certificates;

#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
impl Certificates {
    pub(crate) fn read(roots: &[Pem], identity: Option<&Pem>) -> Result<Self, Error> {
        let what = "it needs the feature `rustls` or `native-tls` of this crate";
        match roots.first().or(identity) {
            Some((name, _)) => Err(Error::configuration(name, what)),
            None => Ok(Self),
        }
    }

    pub(crate) fn set(&self, builder: ClientBuilder, _: bool) -> ClientBuilder {
        builder
    }
}
