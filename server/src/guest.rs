//! The systems that this process uses, each with one gate that all passes and checks share, and their access tokens.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine::{
    account::Account,
    guest::{Gate, Joined, Memory, Wall, ZoneError},
    pass::PassOrder,
    token::{Fetch, TokenOrder, Tokens},
};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    check::Side,
    endpoint::{Endpoint, Grant},
    limits::{GateView, Limits, LoginKey},
};

use crate::token;

/// One side of a system: what is read and what is written have budgets of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    side: Side,
    host: String,
    port: u16,
}

impl Place {
    fn of(side: Side, endpoint: &Endpoint) -> Self {
        let Endpoint::Imap(imap) = endpoint;
        Self { side, host: imap.host.to_lowercase(), port: imap.port }
    }
}

/// The systems that this process uses. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Guests(Arc<Inner>);

struct Inner {
    gates: Mutex<BTreeMap<Place, Arc<Gate>>>,
    /// By what recognises a client and its secrets.
    tokens: Mutex<HashMap<u64, Arc<Tokens>>>,
    hasher: RandomState,
    fetch: Fetch,
    memory: Memory,
}

impl Guests {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            gates: Mutex::default(),
            tokens: Mutex::default(),
            hasher: RandomState::new(),
            fetch: token::fetcher(),
            memory: Memory::default(),
        }))
    }

    /// Puts a pass under the limits of its project; they count for as long as the answer is kept.
    pub(crate) fn admit(&self, order: &mut PassOrder) -> Result<[Joined; 2], ZoneError> {
        let options = &order.options;
        let source = self.gate(Side::Source, &order.source.endpoint).join(&options.source_limits)?;
        let target = self.gate(Side::Target, &order.target.endpoint).join(&options.target_limits)?;
        order.source.gate = Arc::clone(source.gate());
        order.target.gate = Arc::clone(target.gate());
        for account in [&mut order.source, &mut order.target] {
            account.tokens = self.tokens(account);
            account.memory = self.0.memory.clone();
        }
        Ok([source, target])
    }

    /// Puts whoever asks one side under a project's limits; they count for as long as the answer is kept.
    pub(crate) fn join(&self, side: Side, endpoint: &Endpoint, limits: &Limits) -> Result<Joined, ZoneError> {
        self.gate(side, endpoint).join(limits)
    }

    /// The same gates and tokens for a mailbox that is only checked.
    pub(crate) fn equip(&self, side: Side, mut account: Account) -> Account {
        account.gate = self.gate(side, &account.endpoint);
        account.tokens = self.tokens(&account);
        account
    }

    /// What the panel shows of one side.
    pub(crate) fn view(&self, side: Side, endpoint: &Endpoint, limits: &Limits) -> GateView {
        let gate = lock(&self.0.gates).get(&Place::of(side, endpoint)).cloned();
        let gate = gate.unwrap_or_else(|| Gate::unused(Wall::system()));
        let mut view = gate.view(side, endpoint.host());
        if !gate.is_used() {
            // Nobody uses it: what it was set to last says nothing of this project.
            view.configured = limits.connections.get();
            if view.reduced.is_none() {
                view.present = view.configured;
            }
        }
        view
    }

    /// The sides on which a system has asked for patience and is still spared for it.
    pub(crate) fn throttling(&self) -> Vec<Side> {
        let gates: Vec<_> = lock(&self.0.gates)
            .iter()
            .map(|(place, gate)| (place.side, place.host.clone(), Arc::clone(gate)))
            .collect();
        let mut sides: Vec<_> = gates
            .into_iter()
            .filter(|(side, host, gate)| gate.view(*side, host).reduced.is_some())
            .map(|(side, ..)| side)
            .collect();
        sides.dedup();
        sides
    }

    /// In words: systems that ask for patience, and logins that are held back.
    pub(crate) fn troubled(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let gates: Vec<_> = lock(&self.0.gates)
            .iter()
            .map(|(place, gate)| (place.side, place.host.clone(), Arc::clone(gate)))
            .collect();
        let (mut throttled, mut held) = (BTreeSet::new(), BTreeSet::new());
        for (side, host, gate) in gates {
            let view = gate.view(side, &host);
            if view.reduced.is_some() {
                throttled.insert(format!("The {} {host}", side.title()));
            }
            held.extend(
                view.breakers.iter().map(|breaker| {
                    format!("The login {} on the {} {host}", breaker.login.name(), side.title())
                }),
            );
        }
        (throttled, held)
    }

    /// Lets a login be tried again that was refused twice; false when it was not held back.
    pub(crate) fn reset(&self, side: Side, endpoint: &Endpoint, login: &LoginKey) -> bool {
        lock(&self.0.gates).get(&Place::of(side, endpoint)).is_some_and(|gate| gate.reset(login))
    }

    /// The gate of one side.
    pub(crate) fn gate(&self, side: Side, endpoint: &Endpoint) -> Arc<Gate> {
        let mut gates = lock(&self.0.gates);
        let gate = gates.entry(Place::of(side, endpoint)).or_insert_with(|| Gate::unused(Wall::system()));
        Arc::clone(gate)
    }

    /// Where a mailbox's access tokens come from; none: its secret is all there is.
    fn tokens(&self, account: &Account) -> Option<Arc<Tokens>> {
        let client = account.endpoint.token_client()?.clone();
        let order = match client.grant {
            Grant::RefreshToken => TokenOrder {
                client,
                client_secret: account.client_secret.clone(),
                refresh_token: Some(account.secret.clone()),
            },
            Grant::ClientCredentials => {
                TokenOrder { client, client_secret: Some(account.secret.clone()), refresh_token: None }
            }
        };
        let shown =
            |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let recognised = self.0.hasher.hash_one((
            &order.client.token_url,
            &order.client.client_id,
            &order.client.scope,
            shown(&order.client_secret),
            shown(&order.refresh_token),
        ));
        let mut known = lock(&self.0.tokens);
        let tokens = known.entry(recognised).or_insert_with(|| Tokens::new(order, Arc::clone(&self.0.fetch)));
        Some(Arc::clone(tokens))
    }
}

impl std::fmt::Debug for Guests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guests")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use shared::{
        endpoint::{ImapEndpoint, Login, TokenClient},
        pass::PassKind,
        project::Options,
    };

    use super::*;

    fn endpoint(host: &str, login: Login) -> Endpoint {
        Endpoint::Imap(ImapEndpoint::new(host, login))
    }

    fn order(connections: u16) -> PassOrder {
        let account = |host| Account::new(endpoint(host, Login::Password), "anna".into(), "secret".into());
        let limits =
            || Limits { connections: NonZeroU16::new(connections).expect("some"), ..Limits::default() };
        PassOrder {
            kind: PassKind::Initial,
            source: account("Old.Example"),
            target: account("old.example"),
            options: Options { source_limits: limits(), target_limits: limits(), ..Options::default() },
            project: "Move".into(),
            retry_refused: false,
            several: true,
        }
    }

    #[test]
    fn passes_of_one_system_share_its_gate_and_the_strictest_limit_counts_while_it_runs() {
        let guests = Guests::new();
        let (mut roomy, mut strict) = (order(9), order(2));
        let _roomy = guests.admit(&mut roomy).expect("no hours");
        let strict_joined = guests.admit(&mut strict).expect("no hours");
        assert!(
            Arc::ptr_eq(&roomy.source.gate, &strict.source.gate),
            "hosts differ in case by accident only"
        );
        assert!(!Arc::ptr_eq(&roomy.source.gate, &roomy.target.gate), "each side has its own budget");
        let shown = || guests.view(Side::Source, &roomy.source.endpoint, &roomy.options.source_limits);
        assert_eq!((shown().configured, shown().present), (2, 2));
        drop(strict_joined);
        assert_eq!((shown().configured, shown().present), (9, 9));
    }

    #[tokio::test]
    async fn a_client_has_one_token_for_all_its_mailboxes_and_a_refresh_token_its_own() {
        let guests = Guests::new();
        let client = |grant| TokenClient {
            token_url: "https://token.example/".into(),
            client_id: "us".into(),
            scope: None,
            grant,
        };
        let tokens = |grant, user: &str, secret: &str| {
            let login = Login::Token { client: Some(client(grant)) };
            let account = Account::new(endpoint("old.example", login), user.into(), secret.into());
            guests.equip(Side::Source, account).tokens.expect("a client")
        };
        let all = Grant::ClientCredentials;
        assert!(Arc::ptr_eq(&tokens(all, "anna", "s"), &tokens(all, "bert", "s")));
        let own = Grant::RefreshToken;
        assert!(!Arc::ptr_eq(&tokens(own, "anna", "a"), &tokens(own, "bert", "b")));
    }
}
