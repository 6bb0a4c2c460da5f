//! The settings that the environment has.

use std::env::VarError;

use crate::client_builder::ClientBuilder;
use crate::error::{Error, no_control_character};
use crate::transport::credentials::Credentials;
use crate::transport::signature::AccessKey;

impl ClientBuilder {
    /// The settings that the environment has: the base URL in `OCP_BASE_URL`; the
    /// identity in `OCP_USER` and `OCP_PASSWORD`, or in `OCP_ACCESS_KEY` and `OCP_SECRET_KEY`,
    /// with `HMACSHA1` (the default) or `HMACSHA256` in `OCP_SIGNATURE`;
    /// more certificate authorities in `OCP_CA_CERTIFICATE`, the text of their certificates in
    /// PEM form. A variable that is empty counts as one that is not set.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// let ocp = oceanbase_ocp::ClientBuilder::from_env()?
    ///     .timeout(Duration::from_secs(10))
    ///     .build()?;
    /// # Ok::<(), oceanbase_ocp::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the
    /// variable: no base URL; half of a pair; both pairs; credentials that are no
    /// good, such as those with a line break at the end; a text that is not UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, Error> {
        let text = |name| match variable(name) {
            Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(Error::configuration(name, "it is not UTF-8")),
        };
        let secret = |name| {
            let text: Option<String> = text(name)?;
            no_control_character(name, "it", text.as_deref().unwrap_or_default()).map(|()| text)
        };
        let alone =
            |set, missing| Error::configuration(missing, format!("{set} is set without it"));
        let pair = |name, other| match (secret(name)?, secret(other)?) {
            (Some(one), Some(two)) => Ok(Some((one, two))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(alone(name, other)),
            (None, Some(_)) => Err(alone(other, name)),
        };
        let Some(base_url) = text("OCP_BASE_URL")? else {
            let what = "it is not set; it names the OCP, such as http://ocp.example:8080";
            return Err(Error::configuration("OCP_BASE_URL", what));
        };
        let user = pair("OCP_USER", "OCP_PASSWORD")?;
        let key = pair("OCP_ACCESS_KEY", "OCP_SECRET_KEY")?;
        let credentials = match (user, key) {
            (Some(_), Some(_)) => {
                let what = "OCP_USER is set, too; set one of them";
                return Err(Error::configuration("OCP_ACCESS_KEY", what));
            }
            (Some((user, password)), None) => Credentials::basic(&user, password)?,
            (None, Some((key, secret))) => {
                let algorithm = text("OCP_SIGNATURE")?.map(|name| name.parse());
                let wrong =
                    |_| Error::configuration("OCP_SIGNATURE", "it must be HMACSHA1 or HMACSHA256");
                let algorithm = algorithm.transpose().map_err(wrong)?;
                let key = AccessKey::new(key, secret)?;
                key.algorithm(algorithm.unwrap_or_default()).into()
            }
            (None, None) => Credentials::anonymous(),
        };
        let mut builder = Self::new(&base_url).credentials(credentials);
        if let Some(pem) = text("OCP_CA_CERTIFICATE")? {
            let root = ("OCP_CA_CERTIFICATE", pem.into_bytes());
            builder.root_certificates.push(root);
        }
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<ClientBuilder, Error> {
        ClientBuilder::from_variables(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map_or(Err(VarError::NotPresent), |(_, value)| Ok((*value).into()))
        })
    }

    #[test]
    fn the_environment_has_all_that_a_client_needs() {
        const URL: (&str, &str) = ("OCP_BASE_URL", "http://ocp:8080");
        for (variables, credentials) in [
            (&[URL][..], "Anonymous"),
            (
                &[URL, ("OCP_USER", ""), ("OCP_SECRET_KEY", "")],
                "Anonymous",
            ),
            (
                &[URL, ("OCP_USER", "admin"), ("OCP_PASSWORD", "p")],
                "Basic",
            ),
            (
                &[URL, ("OCP_ACCESS_KEY", "k"), ("OCP_SECRET_KEY", "s")],
                "AccessKey",
            ),
        ] {
            let builder = from(variables).unwrap();
            assert_eq!(
                format!("{builder:?}").split(',').next(),
                Some(format!("ClientBuilder {{ credentials: Credentials({credentials})").as_str())
            );
            assert_eq!(builder.checked_url().unwrap().as_str(), "http://ocp:8080/");
        }
        let builder = from(&[URL, ("OCP_CA_CERTIFICATE", "PEM")]).unwrap();
        assert_eq!(
            builder.root_certificates,
            [("OCP_CA_CERTIFICATE", b"PEM".to_vec())]
        );
    }

    #[test]
    fn a_variable_that_cannot_be_sent_is_named() {
        let with = |name: &'static str, value: Result<String, VarError>| {
            ClientBuilder::from_variables(|asked| match asked {
                "OCP_BASE_URL" if name != asked => Ok("http://ocp".into()),
                _ if asked == name => value.clone(),
                "OCP_USER" | "OCP_PASSWORD" if name.contains("USER") || name.contains("PASS") => {
                    Ok("x".into())
                }
                "OCP_ACCESS_KEY" | "OCP_SECRET_KEY" if name.contains("KEY") => Ok("x".into()),
                _ => Err(VarError::NotPresent),
            })
        };
        let error = |name, value| with(name, value).err().unwrap().to_string();
        for name in [
            "OCP_USER",
            "OCP_PASSWORD",
            "OCP_ACCESS_KEY",
            "OCP_SECRET_KEY",
        ] {
            for end in ["\n", "\r\n", "\t", "\0", "\u{7f}"] {
                let text = error(name, Ok(format!("s3cret{end}")));
                let expected = format!(
                    "`{name}` is unusable: it holds a control character, such as a line break at its end; leave it out"
                );
                assert_eq!(text, expected);
            }
        }
        for name in [
            "OCP_BASE_URL",
            "OCP_USER",
            "OCP_SECRET_KEY",
            "OCP_CA_CERTIFICATE",
        ] {
            let text = error(name, Err(VarError::NotUnicode("a".into())));
            assert_eq!(text, format!("`{name}` is unusable: it is not UTF-8"));
        }
        let path = with("OCP_CA_CERTIFICATE", Ok("/etc/ca.pem".into())).unwrap();
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        assert_eq!(
            path.build().unwrap_err().to_string(),
            "`OCP_CA_CERTIFICATE` is unusable: it holds no certificate in PEM form; expected is the text of one, not the path of a file"
        );
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        assert!(path.build().is_err());
    }

    #[test]
    fn what_is_missing_in_the_environment_is_named() {
        const URL: (&str, &str) = ("OCP_BASE_URL", "http://ocp:8080");
        for (variables, expected) in [
            (
                &[][..],
                "`OCP_BASE_URL` is unusable: it is not set; it names the OCP, such as http://ocp.example:8080",
            ),
            (
                &[URL, ("OCP_USER", "admin")],
                "`OCP_PASSWORD` is unusable: OCP_USER is set without it",
            ),
            (
                &[
                    URL,
                    ("OCP_ACCESS_KEY", "k"),
                    ("OCP_SECRET_KEY", "s"),
                    ("OCP_SIGNATURE", "MD5"),
                ],
                "`OCP_SIGNATURE` is unusable: it must be HMACSHA1 or HMACSHA256",
            ),
            (
                &[URL, ("OCP_SECRET_KEY", "s3cret")],
                "`OCP_ACCESS_KEY` is unusable: OCP_SECRET_KEY is set without it",
            ),
            (
                &[
                    URL,
                    ("OCP_USER", "a"),
                    ("OCP_PASSWORD", "b"),
                    ("OCP_ACCESS_KEY", "c"),
                    ("OCP_SECRET_KEY", "d"),
                ],
                "`OCP_ACCESS_KEY` is unusable: OCP_USER is set, too; set one of them",
            ),
        ] {
            let Err(error) = from(variables) else {
                panic!("{variables:?} were taken");
            };
            assert_eq!(error.to_string(), expected);
        }
    }
}
