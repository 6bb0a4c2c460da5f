//! The certificates that a client trusts, and the one that it shows.

use reqwest::ClientBuilder;

use crate::error::Error;

/// Certificates in PEM form, each with the name of the setting or variable that it came from.
pub(crate) type Pem = (&'static str, Vec<u8>);

/// Reads the certificates, and returns what gives them to an HTTP client: the one to show, and
/// the authorities to trust, beside those of the host if these are to be loaded.
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
pub(crate) fn certificates(
    roots: &[Pem],
    identity: Option<&Pem>,
) -> Result<impl Fn(ClientBuilder, bool) -> ClientBuilder, Error> {
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
    let identity = identity.transpose()?;
    Ok(move |builder: ClientBuilder, loads_host| {
        let builder = match &identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        };
        match loads_host {
            true => builder.tls_certs_merge(all.clone()),
            false => builder.tls_certs_only(all.clone()),
        }
    })
}

/// Without TLS there are no certificates, and no `https://` gets this far.
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
pub(crate) fn certificates(
    roots: &[Pem],
    identity: Option<&Pem>,
) -> Result<impl Fn(ClientBuilder, bool) -> ClientBuilder, Error> {
    let what = "it needs the feature `rustls` or `native-tls` of this crate";
    match roots.first().or(identity) {
        Some((name, _)) => Err(Error::configuration(name, what)),
        None => Ok(|builder, _| builder),
    }
}
