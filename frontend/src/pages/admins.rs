//! Who may use the panel. For owners.

mod add;
mod notify;
mod row;
mod tokens;

use leptos::prelude::*;
use shared::auth::{AdminRow, Role};

use crate::{
    api,
    components::{Dialog, Empty, Icon, IconName, PageHead},
    load::{Loading, load},
    session::Session,
};
use add::AddAdmin;
use notify::NotifySection;
use row::Row;
use tokens::AllTokens;

/// The page.
#[component]
pub(crate) fn AdminsPage() -> impl IntoView {
    let session = Session::here();
    let is_owner = Memo::new(move |_| session.may(Role::Owner));
    move || {
        if is_owner.get() {
            view! { <Admins/> }.into_any()
        } else {
            view! {
                <PageHead title="Admins"/>
                <Empty
                    icon=IconName::Persons
                    title="For owners only"
                    text="Ask an owner to add an admin, change a role or set a new password. Your own password is under your account."
                >
                    <a class="button primary" href="/account">"Your account"</a>
                </Empty>
            }
            .into_any()
        }
    }
}

#[component]
fn Admins() -> impl IntoView {
    let admins = load(api::admins);
    let adding = RwSignal::new(false);
    view! {
        <PageHead title="Admins">
            <button type="button" class="button primary" data-test="add-admin" on:click=move |_| adding.set(true)>
                <Icon name=IconName::Plus/>
                "Add admin"
            </button>
        </PageHead>
        {admins.view(move |rows| table(rows, admins))}
        <AllTokens/>
        <NotifySection/>
        <section class="card narrow">
            <h2>"Roles"</h2>
            <dl class="pairs">
                {Role::ALL.map(|role| view! { <div><dt>{role.title()}</dt><dd>{role.explained()}</dd></div> }).collect_view()}
            </dl>
        </section>
        <Dialog title="Add an admin" open=adding><AddAdmin open=adding admins=admins/></Dialog>
    }
}

fn table(rows: Vec<AdminRow>, admins: Loading<Vec<AdminRow>>) -> AnyView {
    let rows: Vec<_> = rows.into_iter().map(|row| view! { <Row row=row admins=admins/> }).collect();
    view! {
        <div class="table-box" tabindex="0" role="region" aria-label="Admins">
            <table class="table" data-test="admins">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Last login"</th>
                        <th scope="col">"Added"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The roles to choose from.
fn roles() -> Vec<crate::components::Choice<Role>> {
    let word = |role| match role {
        Role::Owner => "owner",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    };
    Role::ALL
        .map(|role| crate::components::Choice {
            value: role,
            word: word(role),
            title: role.title(),
            explained: role.explained(),
        })
        .to_vec()
}
