//! `preflight --online`: would the API server let this node in? DNS, TCP, TLS, the clock, who am I, may I.

use crate::api::{Answer, Api, Refused};
use khw_core::NodeName;
use khw_core::finding::Finding;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The names of the findings, beside those of [`crate::api::CHECKS`].
pub const CHECKS: &[&str] = &["clock-differs", "other-user"];

/// Clocks may be this far apart: certificates of khw and kubeadm begin five minutes in the past.
const APART: i64 = 300;

/// Asks the server all of it; each step needs the one before.
pub fn check(api: &Api, node: &NodeName, now: OffsetDateTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(finding) = api.connect() {
        return vec![*finding];
    }
    let who = match who_am_i(api, &mut findings, now) {
        Ok(who) => who,
        Err(finding) => {
            findings.push(*finding);
            return findings;
        }
    };
    if let Some(user) = who.filter(|user| *user != node.user()) {
        findings.push(
            Finding::error("other-user", format!("takes this node for '{user}', not for {}", node.user()))
                .file(api.server().as_str())
                .fix("make the kubeconfig with the certificate of this node"),
        );
    }
    for (verb, resource, subresource, name, namespace, group) in [
        ("create", "nodes", "", "", "", ""),
        ("get", "nodes", "", node.as_str(), "", ""),
        ("patch", "nodes", "status", node.as_str(), "", ""),
        ("create", "events", "", "", "default", ""),
        ("update", "leases", "", node.as_str(), "kube-node-lease", "coordination.k8s.io"),
    ] {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "resource": resource, "subresource": subresource, "name": name,
                     "namespace": namespace, "group": group}}
        });
        let answer = api.call("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Some(&review), None);
        match answer.and_then(|answer| api.expect(&answer).map(|()| answer)) {
            Ok(answer) if answer.body.pointer("/status/allowed") == Some(&Value::Bool(true)) => {}
            Ok(answer) => {
                let what =
                    if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
                let reason = answer.body.pointer("/status/reason").and_then(Value::as_str).unwrap_or_default();
                let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                let finding = Finding::error("not-authorized", format!("this node may not {verb} {what}{reason}"));
                findings.push(finding.file(api.server().as_str()).fix(
                    "the API server needs --authorization-mode=Node,RBAC, and the certificate CN system:node:NAME and O system:nodes",
                ));
            }
            Err(finding) => {
                findings.push(*finding);
                break;
            }
        }
    }
    findings
}

/// The user that the server takes this node for, as far as it says.
///
/// SelfSubjectReview is there from v1.28 on (v1beta1 from v1.27). An older server names the user when it refuses something: a
/// Secret that no node may see.
fn who_am_i(api: &Api, findings: &mut Vec<Finding>, now: OffsetDateTime) -> Result<Option<String>, Refused> {
    for version in ["v1", "v1beta1"] {
        let review = json!({"apiVersion": format!("authentication.k8s.io/{version}"), "kind": "SelfSubjectReview"});
        let path = format!("/apis/authentication.k8s.io/{version}/selfsubjectreviews");
        let answer = api.call(&path, Some(&review), None)?;
        if version == "v1" {
            findings.extend(clock(api, &answer, now));
        }
        if answer.status == 404 || answer.status == 405 {
            continue;
        }
        // Where no role allows even this (system:basic-user taken away) the next question says who it is.
        if answer.status != 403 {
            api.expect(&answer)?;
            let user = answer.body.pointer("/status/userInfo/username").and_then(Value::as_str);
            return Ok(user.map(str::to_owned));
        }
    }
    let answer = api.call("/api/v1/namespaces/kube-system/secrets/khw-who-am-i", None, None)?;
    if answer.status == 403 {
        // `secrets "x" is forbidden: User "system:node:worker-1" cannot get resource …`
        let user = answer.message().split("User \"").nth(1).and_then(|rest| rest.split('"').next());
        return Ok(user.map(str::to_owned));
    }
    if answer.status == 404 {
        return Ok(None);
    }
    api.expect(&answer).map(|()| None)
}

fn clock(api: &Api, answer: &Answer, now: OffsetDateTime) -> Option<Finding> {
    let theirs = parse_date(answer.date.as_deref()?)?;
    let apart = now.unix_timestamp() - theirs;
    (apart.abs() > APART).then(|| {
        let direction = if apart > 0 { "ahead of" } else { "behind" };
        let message = format!("this host's clock is {} s {direction} the API server's", apart.abs());
        Finding::error("clock-differs", message)
            .file(api.server().as_str())
            .fix("set the clock right (`timedatectl set-ntp true`): certificates are judged by it")
    })
}

/// An HTTP date (RFC 9110, IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`, as seconds since 1970.
fn parse_date(text: &str) -> Option<i64> {
    let mut words = text.split([' ', ':', ',']).filter(|w| !w.is_empty()).skip(1);
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = u8::try_from(months.iter().position(|m| *m == month)? + 1).ok()?;
    let year = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse::<u8>().ok();
    let (hour, minute, second) = (number()?, number()?, number()?);
    let date = time::Date::from_calendar_date(year, month.try_into().ok()?, day).ok()?;
    Some(date.with_hms(hour, minute, second).ok()?.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn reads_the_date_of_rfc_9110() {
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_date("Sun, 32 Nov 1994 08:49:37 GMT"), None);
        assert_eq!(parse_date(""), None);
    }
}
