//! The panel as a whole: what every page finds around it, the login gate and the routes.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    components::{FlatRoutes, Redirect, Route, Router},
    path,
};

use crate::{
    api,
    components::{Clock, NoticeBoard, Notices, Spinner},
    connection::Connection,
    pages::{
        AccountPage, ActivityPage, AddMailboxesPage, AdminsPage, Banner, BatchPage, BatchesPage,
        BringListPage, CutoversPage, ErrorsPage, InventoryPage, JobPage, LoginPage, NewProjectPage,
        NodesPage, NotFound, PasswordsPage, ProjectPage, ProjectsPage, ReportPage, SettingsPage, SetupPage,
        Shell, with_id,
    },
    session::{Session, Standing},
};

/// The panel.
#[component]
pub(crate) fn App() -> impl IntoView {
    let session = Session::new();
    let connection = Connection::new();
    provide_context(session);
    provide_context(connection);
    provide_context(Notices::new());
    provide_context(Clock::start());
    api::http::report_to(session, connection);
    Effect::new(move |_| {
        connection.recovered();
        if matches!(untrack(move || session.get()), Standing::Asking) {
            spawn_local(ask(session));
        }
    });
    view! {
        <Router>
            <Banner/>
            <Gate/>
            <NoticeBoard/>
        </Router>
    }
}

/// Finds out where this browser stands. Without an answer it stays unknown, until the server is back.
async fn ask(session: Session) {
    match api::me().await {
        Ok(me) => session.set(Standing::In(me)),
        Err(_) => match api::setup_state().await {
            Ok(state) if state.needed => session.set(Standing::Setup),
            Ok(_) => session.set(Standing::Out),
            Err(_) => {}
        },
    }
}

/// Which of the panel's faces is shown. A page keeps its address through a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Waiting,
    Setup,
    Login,
    Panel,
}

#[component]
fn Gate() -> impl IntoView {
    let session = Session::here();
    let face = Memo::new(move |_| match session.get() {
        Standing::Asking => Face::Waiting,
        Standing::Setup => Face::Setup,
        Standing::Out => Face::Login,
        Standing::In(_) => Face::Panel,
    });
    move || match face.get() {
        Face::Waiting => view! { <Spinner/> }.into_any(),
        Face::Setup => view! { <SetupPage/> }.into_any(),
        Face::Login => view! { <LoginPage/> }.into_any(),
        Face::Panel => view! { <Shell><Pages/></Shell> }.into_any(),
    }
}

#[component]
fn Pages() -> impl IntoView {
    let home = || view! { <Redirect path="/"/> }.into_any();
    view! {
        <FlatRoutes fallback=|| view! { <NotFound/> }.into_any()>
            <Route path=path!("/") view=|| view! { <ProjectsPage/> }.into_any()/>
            <Route path=path!("/login") view=home/>
            <Route path=path!("/setup") view=home/>
            <Route path=path!("/projects/new") view=|| view! { <NewProjectPage/> }.into_any()/>
            <Route path=path!("/projects/:id") view=|| with_id(|id| view! { <ProjectPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/settings") view=|| with_id(|id| view! { <SettingsPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/add") view=|| with_id(|id| view! { <AddMailboxesPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/list") view=|| with_id(|id| view! { <BringListPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/passwords") view=|| with_id(|id| view! { <PasswordsPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/inventory") view=|| with_id(|id| view! { <InventoryPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/batches") view=|| with_id(|id| view! { <BatchesPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/errors") view=|| with_id(|id| view! { <ErrorsPage id=id/> }.into_any())/>
            <Route path=path!("/projects/:id/cutover") view=|| with_id(|id| view! { <CutoversPage id=id/> }.into_any())/>
            <Route path=path!("/batches/:id") view=|| with_id(|id| view! { <BatchPage id=id/> }.into_any())/>
            <Route path=path!("/jobs/:id") view=|| with_id(|id| view! { <JobPage id=id/> }.into_any())/>
            <Route path=path!("/jobs/:id/report") view=|| with_id(|id| view! { <ReportPage id=id/> }.into_any())/>
            <Route path=path!("/nodes") view=|| view! { <NodesPage/> }.into_any()/>
            <Route path=path!("/activity") view=|| view! { <ActivityPage/> }.into_any()/>
            <Route path=path!("/admins") view=|| view! { <AdminsPage/> }.into_any()/>
            <Route path=path!("/account") view=|| view! { <AccountPage/> }.into_any()/>
        </FlatRoutes>
    }
}
