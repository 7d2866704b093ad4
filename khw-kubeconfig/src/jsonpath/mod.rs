//! Templates of `view -o jsonpath=…`: text, `{.a.b}`, `{.a[0]}`, `{.a[0:4:2]}`, `{.a[0,2]}`, `{.a['b','c']}`, `{.a[*].b}`,
//! `{.a[?(@.b=="c")].d}`, `{.a[?(@.b)]}`, `{..a}`, `{"text"}`, `{range .a[*]}…{end}`.
//!
//! As client-go's package of that name (1.32) reads them, which is not always what one expects: `[]` is the first item,
//! a name in brackets has single quotes and may have dots in it, and there is no `&&`.

mod choose;
mod read;

pub(crate) use choose::sorted;

use khw_core::Error;
use serde_json::Value;

/// A template, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    /// All that are called so, however deep.
    Deep(String),
    Index(i64),
    /// From, to, step.
    Slice(Option<i64>, Option<i64>, i64),
    /// `.*`: what is in a list or mapping.
    All,
    /// Those items of a list whose path passes.
    Filter(Vec<Step>, Option<(Comparison, Vec<Step>)>),
    /// What each of these paths chooses.
    Union(Vec<Vec<Step>>),
    /// A text or number that stands for itself.
    Literal(Value),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When it is not complete, has something that is not supported, or is nested deeper than anybody writes it.
    pub(crate) fn parse(text: &str) -> Result<Template, Error> {
        read::template(text).map(Template)
    }

    /// What it prints for a value.
    ///
    /// # Errors
    /// When an index is out of bounds, or chooses from what is no list, or a field is not there and must be.
    pub(crate) fn render(&self, value: &Value, missing: Missing) -> Result<String, Error> {
        let mut out = String::new();
        choose::render(&self.0, value, missing, &mut out)?;
        Ok(out)
    }

    /// What each of its parts chooses.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub(crate) fn values(&self, value: &Value, missing: Missing) -> Result<Vec<Value>, Error> {
        let chosen = self.0.iter().map(|part| match part {
            Part::Path(path) => {
                Ok(Value::Array(choose::select(path, vec![value], missing)?.into_iter().cloned().collect()))
            }
            Part::Text(text) => Ok(Value::Array(vec![Value::String(text.clone())])),
            Part::Range(..) => Err(unsupported("{range} in jsonpath-as-json")),
        });
        chosen.collect()
    }
}

/// What becomes of a field that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is passed over.
    Allowed,
    Refused,
}

fn unsupported(what: &str) -> Error {
    Error::new(format!("{what} is not supported")).field("--output").hint("print with -o json, and choose with jq")
}

#[cfg(test)]
mod tests {
    use super::{Missing, Template};
    use serde_json::json;

    /// The results are those of kubectl 1.32.3 for such a kubeconfig.
    #[test]
    fn prints_what_kubectl_prints() -> Result<(), khw_core::Error> {
        let value = json!({
            "kind": "Config",
            "clusters": [
                { "name": "both", "cluster": { "server": "https://b-both", "tls-server-name": "z" } },
                { "name": "ca", "cluster": { "server": "https://a" } },
                { "name": "new", "cluster": { "server": "https://new" } },
            ],
            "preferences": {},
        });
        for (template, printed) in [
            ("{.clusters[*].name} {.kind}{\"\\n\"}{.zzz}", "both ca new Config\n"),
            ("{.clusters[?(@.name==\"ca\")].cluster}", "{\"server\":\"https://a\"}"),
            ("{.clusters[?(@.cluster.server!='x')].name}", "both ca new"),
            ("{.clusters[?(@.cluster.tls-server-name==\"z\")].name}", "both"),
            ("{.clusters[-1:].name}{.clusters[0:2].name}{.clusters[-1].name}", "newboth canew"),
            (
                "{range .clusters[*]}{.name}{\"\\t\"}{.cluster.server}{\"\\n\"}{end}",
                "both\thttps://b-both\nca\thttps://a\nnew\thttps://new\n",
            ),
            (".kind", ".kind"),
            ("{..server}", "https://b-both https://a https://new"),
            ("{.clusters.name}", ""),
            ("{.preferences}{.preferences.colors}", "{}"),
            ("{['kind']}", "Config"),
            ("{.clusters[?(@.cluster.tls-server-name)].name}", "both"),
            ("{.clusters[2:2].name}{.clusters[:-2].name}{.zzz[0]}{.zzz[?(@.a=='b')]}", "both"),
        ] {
            assert_eq!(Template::parse(template)?.render(&value, Missing::Allowed)?, printed, "{template}");
        }
        Ok(())
    }

    #[test]
    fn refuses() {
        for (template, what) in [
            ("{.a", "--output: the template '{.a' has a '{' without its '}'"),
            ("{.a[?(@.b && @.c)]}", "--output: '&' means nothing in a template"),
            ("{a[0].name}", "--output: the word 'a' means nothing in a template"),
            ("{[\"a\"]}", "--output: '[\\\"a\\\"]' chooses nothing"),
            ("{\\n}", "--output: '\\\\' means nothing in a template"),
            ("{.a[?(@.b=>@.c)]}", "--output: '=>' compares nothing"),
            ("{end}", "--output: the template '{end}' has an {end} without its {range}"),
            ("{.a[0}", "--output: the template '.a[0' has a '[' without its ']'"),
        ] {
            assert_eq!(Template::parse(template).map_err(|e| e.to_string()), Err(what.to_owned()));
        }
        // Nested so deep that the stack would not be enough.
        for deep in [
            format!("{{.a{}{}}}", "[?(@".repeat(30_000), ")]".repeat(30_000)),
            format!("{}x{}", "{range .a[*]}".repeat(30_000), "{end}".repeat(30_000)),
        ] {
            let said = Template::parse(&deep).map_err(|e| e.to_string()).err().unwrap_or_default();
            assert!(said.ends_with("' is nested more than 32 deep") && said.len() < 200, "{said}");
        }
        // kubectl 1.32.3 refuses these too.
        let value = json!({ "a": [1], "b": null, "c": "x", "d": { "e": [] } });
        for (template, what) in [
            ("{.a[9]}", "there is no item [9]: there are 1"),
            ("{.a[-2]}", "there is no item [-2]: there are 1"),
            ("{.a[0:5]}", "there is no item [0:5]: there are 1"),
            ("{.a[-3:]}", "there is no item [-3:]: there are 1"),
            ("{.a[1:0]}", "there is no item [1:0]: there are 1"),
            ("{.b[?(@.x=='y')]}", "nothing is no list to choose from"),
            ("{.c[0]}", "text is no list to choose from"),
            ("{.d[*]}", "a mapping is no list to choose from"),
            ("{.a[?(@=='y')]}", "a number cannot be compared with text"),
        ] {
            let refused =
                Template::parse(template).and_then(|t| t.render(&value, Missing::Allowed)).map_err(|e| e.to_string());
            assert_eq!(refused, Err(format!("--output: {what}")), "{template}");
        }
    }
}
