//! Where mail for a batch's domains goes, as DNS says: what the checklist of a cutover is held against.

use serde::{Deserialize, Serialize};

use crate::{cutover::Step, time::Timestamp};

/// The time to live, in seconds, that a cutover wants: a change is known everywhere within minutes.
pub const SHORT_TTL: u32 = 300;

/// To which of the two systems something leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// To the old system.
    Source,
    /// To the new system.
    Target,
    /// The two systems have one name or address: which of them cannot be told.
    Both,
    /// To neither, such as a mail filter.
    Elsewhere,
    /// It has no address that could be found.
    Unknown,
}

impl Points {
    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Source => "old system",
            Self::Target => "new system",
            Self::Both => "cannot be told apart",
            Self::Elsewhere => "elsewhere",
            Self::Unknown => "no address",
        }
    }
}

/// Where the mail of a domain goes, all its mail servers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// All to the old system.
    Source,
    /// All to the new system: switched.
    Target,
    /// Which of the two systems cannot be told.
    Both,
    /// Some of its mail servers lead to one place and some to another.
    Mixed,
    /// To neither of the two systems.
    Elsewhere,
    /// Nowhere: no mail can arrive.
    Nowhere,
    /// DNS did not tell.
    Unknown,
}

impl Course {
    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Source => "Old system",
            Self::Target => "New system",
            Self::Both => "Cannot be told apart",
            Self::Mixed => "Old and new mixed",
            Self::Elsewhere => "Elsewhere",
            Self::Nowhere => "Nowhere",
            Self::Unknown => "Not known",
        }
    }
}

/// A mail server of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailHost {
    /// Its name in ASCII; what no host name has is written as `\ddd`.
    pub name: String,
    /// The preference of its MX record: the lowest comes first; none: the domain has no MX record, and this is its own name.
    pub preference: Option<u16>,
    /// The time to live of that record, in seconds.
    pub ttl: u32,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// To which system it leads.
    pub points: Points,
}

/// What DNS says of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainDns {
    /// The domain as it stands in the mailboxes' addresses, in lower case.
    pub domain: String,
    /// How many mailboxes of the batch it has.
    pub mailboxes: u64,
    /// Where its mail goes.
    pub course: Course,
    /// The shortest time to live of its records, in seconds.
    pub ttl: Option<u32>,
    /// Whether the zone's own server said so. Others tell what is left of it in their memory.
    pub ttl_of_zone: bool,
    /// Its mail servers, the preferred ones first.
    pub hosts: Vec<MailHost>,
    /// What it means and what to do, in sentences.
    pub advice: Vec<String>,
    /// Why DNS did not tell, and what to do.
    pub problem: Option<String>,
}

/// A step of the checklist that DNS speaks against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Doubt {
    /// Which step.
    pub step: Step,
    /// What DNS says instead, in a sentence.
    pub told: String,
}

/// What DNS says of a batch's domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchDns {
    /// When it was asked.
    pub asked: Timestamp,
    /// The DNS servers that were asked.
    pub servers: Vec<String>,
    /// The old system's host.
    pub source: String,
    /// The new system's host.
    pub target: String,
    /// The domains of the target's addresses, those with the most mailboxes first.
    pub domains: Vec<DomainDns>,
    /// How many domains more there are: only the largest are asked for.
    pub more: u64,
    /// Mailboxes whose name on the target names no domain.
    pub nameless: u64,
    /// Steps that DNS speaks against.
    pub doubts: Vec<Doubt>,
    /// The same in lines, for people.
    pub lines: Vec<String>,
}

impl BatchDns {
    /// What DNS says against a step; none: nothing, or it does not know.
    pub fn against(&self, step: Step) -> Option<&str> {
        self.doubts.iter().find(|doubt| doubt.step == step).map(|doubt| doubt.told.as_str())
    }

    /// What is said of no domain, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let more = match self.more {
            0 => None,
            1 => Some("One domain more was not asked for: only the largest are.".to_owned()),
            more => Some(format!("{more} domains more were not asked for: only the largest are.")),
        };
        let nameless = match self.nameless {
            0 => None,
            1 => Some(
                "One mailbox has no domain in its name on the target: check by hand where its mail goes."
                    .to_owned(),
            ),
            nameless => Some(format!(
                "{nameless} mailboxes have no domain in their name on the target: check by hand where their mail goes."
            )),
        };
        let none = self.domains.is_empty().then(|| "There is no domain to ask for.".to_owned());
        [more, nameless, none].into_iter().flatten().collect()
    }
}

/// What speaks against ticking off the steps about DNS.
pub fn doubts(domains: &[DomainDns]) -> Vec<Doubt> {
    let doubt = |step, told: Option<String>| told.map(|told| Doubt { step, told });
    // Once the mail goes to the new system, it may be long again.
    let slow = first(domains, |domain| {
        domain.course != Course::Target && domain.ttl.is_some_and(|ttl| ttl > SHORT_TTL)
    });
    let slow = slow.map(|(domain, more)| {
        let ttl = domain.ttl.unwrap_or_default();
        let least = if domain.ttl_of_zone { "" } else { "at least " };
        format!(
            "The time to live of {} is {least}{ttl} seconds: lower it before the switch.{more}",
            domain.domain
        )
    });
    let old = first(domains, |domain| match domain.course {
        Course::Source | Course::Mixed | Course::Nowhere => true,
        Course::Target | Course::Both | Course::Elsewhere | Course::Unknown => false,
    });
    let old = old.map(|(domain, more)| match domain.course {
        Course::Nowhere => format!(
            "No mail can arrive for {}: give it an MX record that names the new system.{more}",
            domain.domain
        ),
        Course::Mixed => format!(
            "Some of the mail for {} may still go to the old system: change its MX records.{more}",
            domain.domain
        ),
        Course::Source | Course::Target | Course::Both | Course::Elsewhere | Course::Unknown => {
            format!("Mail for {} still goes to the old system: change its MX record.{more}", domain.domain)
        }
    });
    [doubt(Step::Ttl, slow), doubt(Step::Mx, old)].into_iter().flatten().collect()
}

/// The first of the domains that are so; and that there are more, in a sentence: what is said is true of the first alone.
fn first(domains: &[DomainDns], is_so: impl Fn(&DomainDns) -> bool) -> Option<(&DomainDns, String)> {
    let mut found = domains.iter().filter(|domain| is_so(domain));
    let one = found.next()?;
    Some((
        one,
        match found.count() {
            0 => String::new(),
            1 => " One domain more is to be looked at, too.".into(),
            more => format!(" {more} domains more are to be looked at, too."),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str, course: Course, ttl: Option<u32>) -> DomainDns {
        DomainDns {
            domain: name.into(),
            mailboxes: 1,
            course,
            ttl,
            ttl_of_zone: true,
            hosts: Vec::new(),
            advice: Vec::new(),
            problem: None,
        }
    }

    fn told(domains: &[DomainDns]) -> Vec<(Step, String)> {
        doubts(domains).into_iter().map(|doubt| (doubt.step, doubt.told)).collect()
    }

    #[test]
    fn what_dns_says_is_held_against_the_steps_it_is_about() {
        let long = domain("a.example", Course::Source, Some(86_400));
        assert_eq!(
            told(&[long, domain("b.example", Course::Source, Some(300))]),
            [
                (
                    Step::Ttl,
                    "The time to live of a.example is 86400 seconds: lower it before the switch.".to_owned()
                ),
                (
                    Step::Mx,
                    "Mail for a.example still goes to the old system: change its MX record. One domain more is to be \
                     looked at, too."
                        .to_owned()
                ),
            ]
        );
        assert_eq!(told(&[domain("a.example", Course::Target, Some(300))]), []);
    }

    #[test]
    fn what_is_said_of_one_domain_is_not_said_of_the_others() {
        let remembered = DomainDns { ttl_of_zone: false, ..domain("a.example", Course::Nowhere, Some(3600)) };
        let told = told(&[
            remembered,
            domain("b.example", Course::Source, Some(86_400)),
            domain("c.example", Course::Mixed, Some(600)),
        ]);
        let told: Vec<&str> = told.iter().map(|(_, told)| told.as_str()).collect();
        assert_eq!(
            told,
            [
                "The time to live of a.example is at least 3600 seconds: lower it before the switch. 2 domains more are to \
                 be looked at, too.",
                "No mail can arrive for a.example: give it an MX record that names the new system. 2 domains more are to be \
                 looked at, too.",
            ]
        );
    }

    #[test]
    fn what_is_said_of_no_domain_counts_in_good_grammar() {
        let notes = |more, nameless| {
            let told = BatchDns {
                asked: Timestamp::from_millis(0),
                servers: Vec::new(),
                source: "old.example".into(),
                target: "new.example".into(),
                domains: vec![domain("a.example", Course::Target, None)],
                more,
                nameless,
                doubts: Vec::new(),
                lines: Vec::new(),
            };
            told.notes()
        };
        assert!(notes(0, 0).is_empty());
        let one = notes(1, 1);
        assert!(
            one[0].starts_with("One domain more was not") && one[1].starts_with("One mailbox has"),
            "{one:?}"
        );
        let many = notes(3, 2);
        assert!(
            many[0].starts_with("3 domains more were") && many[1].starts_with("2 mailboxes have"),
            "{many:?}"
        );
    }

    #[test]
    fn a_time_to_live_may_be_long_again_after_the_switch() {
        assert_eq!(told(&[domain("a.example", Course::Target, Some(86_400))]), []);
    }

    #[test]
    fn what_dns_does_not_know_speaks_against_nothing() {
        for course in [Course::Unknown, Course::Both, Course::Elsewhere] {
            assert_eq!(told(&[domain("a.example", course, None)]), [], "{course:?}");
        }
    }
}
