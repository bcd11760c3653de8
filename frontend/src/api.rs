//! Every call the panel makes, one line each.

pub(crate) mod http;

use shared::{
    audit::{ActivityQuery, ActivityRow, AuditProof},
    auth::{AdminChange, AdminRow, LoginForm, Me, NewAdmin, PasswordChange, SetupForm, SetupState},
    batch::{AssignForm, BatchForm, BatchRow, BatchView},
    cause::Cause,
    causes::CauseRow,
    check::{CheckForm, CheckReport, CheckStarted},
    cutover::TickForm,
    discovery::Discovered,
    dns::BatchDns,
    finding::FindingRow,
    forecast::Forecast,
    id::{AdminId, BatchId, JobId, NodeId, ProjectId, TokenId},
    import::{AskStarted, AskView, ImportDone, ImportForm, ImportPreview},
    inventory::{InventoryFormat, InventoryPage, InventoryQuery, ProjectInventory},
    job::{ActionForm, Applied, JobAction, JobSecrets, JobView, NewJob},
    limits::ResetForm,
    node::NodeRow,
    notify::{NotifyChoice, NotifyForm, NotifyTest, NotifyView},
    project::{DeleteForm, Forgotten, ProjectForm, ProjectPage, ProjectQuery, ProjectView},
    report::{Report, ReportFormat},
    secrets::{SecretsDone, SecretsForm},
    token::{MadeToken, NewToken, TokenRow},
};

use http::{Answer, Done, delete, delete_with, get, patch, post, post_text, put};

/// How many findings are loaded at once.
pub(crate) const FINDINGS_PAGE: usize = 50;

pub(crate) async fn setup_state() -> Answer<SetupState> {
    get("/setup").await
}
pub(crate) async fn set_up(form: &SetupForm) -> Answer<Me> {
    post("/setup", form).await
}
pub(crate) async fn me() -> Answer<Me> {
    get("/session").await
}
pub(crate) async fn log_in(form: &LoginForm) -> Answer<Me> {
    post("/session", form).await
}
pub(crate) async fn log_out() -> Answer<Done> {
    delete("/session").await
}
pub(crate) async fn change_password(form: &PasswordChange) -> Answer<Done> {
    put("/session/password", form).await
}

pub(crate) async fn admins() -> Answer<Vec<AdminRow>> {
    get("/admins").await
}
pub(crate) async fn add_admin(form: &NewAdmin) -> Answer<Done> {
    post("/admins", form).await
}
pub(crate) async fn change_admin(id: AdminId, change: &AdminChange) -> Answer<Done> {
    patch(&format!("/admins/{id}"), change).await
}
pub(crate) async fn delete_admin(id: AdminId) -> Answer<Done> {
    delete(&format!("/admins/{id}")).await
}
pub(crate) async fn notify() -> Answer<NotifyView> {
    get("/notifications").await
}
pub(crate) async fn change_notify(form: &NotifyForm) -> Answer<NotifyView> {
    put("/notifications", form).await
}
pub(crate) async fn notify_choice() -> Answer<NotifyChoice> {
    get("/notifications/own").await
}
pub(crate) async fn choose_notify(choice: &NotifyChoice) -> Answer<NotifyChoice> {
    put("/notifications/own", choice).await
}
pub(crate) async fn test_notify() -> Answer<NotifyTest> {
    post("/notifications/test", &()).await
}
pub(crate) async fn tokens() -> Answer<Vec<TokenRow>> {
    get("/tokens").await
}
pub(crate) async fn all_tokens() -> Answer<Vec<TokenRow>> {
    get("/tokens/all").await
}
pub(crate) async fn create_token(form: &NewToken) -> Answer<MadeToken> {
    post("/tokens", form).await
}
pub(crate) async fn revoke_token(id: TokenId) -> Answer<Done> {
    delete(&format!("/tokens/{id}")).await
}
pub(crate) async fn nodes() -> Answer<Vec<NodeRow>> {
    get("/nodes").await
}
pub(crate) async fn drain_node(id: NodeId) -> Answer<Done> {
    post(&format!("/nodes/{id}/drain"), &()).await
}
pub(crate) async fn undrain_node(id: NodeId) -> Answer<Done> {
    post(&format!("/nodes/{id}/undrain"), &()).await
}
pub(crate) async fn activity(query: &ActivityQuery) -> Answer<Vec<ActivityRow>> {
    get(&format!("/activity?{}", query.to_query())).await
}
pub(crate) async fn prove_activity() -> Answer<AuditProof> {
    get("/activity/proof").await
}

pub(crate) async fn projects(query: &ProjectQuery) -> Answer<ProjectPage> {
    get(&format!("/projects?{}", query.to_query())).await
}
pub(crate) async fn add_project(form: &ProjectForm) -> Answer<ProjectView> {
    post("/projects", form).await
}
pub(crate) async fn project(id: ProjectId) -> Answer<ProjectView> {
    get(&format!("/projects/{id}")).await
}
/// `seen` is the version of the settings that the form was filled with.
pub(crate) async fn change_project(id: ProjectId, seen: &str, form: &ProjectForm) -> Answer<Done> {
    put(&format!("/projects/{id}?seen={seen}"), form).await
}
pub(crate) async fn renew_secrets(id: ProjectId, form: &SecretsForm) -> Answer<SecretsDone> {
    put(&format!("/projects/{id}/secrets"), form).await
}
pub(crate) async fn forget_secrets(id: ProjectId) -> Answer<Forgotten> {
    post(&format!("/projects/{id}/forget"), &()).await
}
pub(crate) async fn delete_project(id: ProjectId, name: String) -> Answer<Done> {
    delete_with(&format!("/projects/{id}"), &DeleteForm { name }).await
}
pub(crate) async fn act_on_project(id: ProjectId, form: &ActionForm) -> Answer<Applied> {
    post(&format!("/projects/{id}/actions"), form).await
}
pub(crate) async fn causes(id: ProjectId) -> Answer<Vec<CauseRow>> {
    get(&format!("/projects/{id}/causes")).await
}
pub(crate) async fn forecast(id: ProjectId) -> Answer<Forecast> {
    get(&format!("/projects/{id}/forecast")).await
}
pub(crate) async fn inventory(id: ProjectId, batch: Option<BatchId>) -> Answer<ProjectInventory> {
    let of = batch.map_or(String::new(), |batch| format!("batch={batch}"));
    get(&format!("/projects/{id}/inventory?{of}")).await
}
pub(crate) async fn inventory_page(id: ProjectId, query: &InventoryQuery) -> Answer<InventoryPage> {
    get(&format!("/projects/{id}/inventory/mailboxes?{}", query.to_query())).await
}
pub(crate) async fn assign(id: ProjectId, form: &AssignForm) -> Answer<Applied> {
    post(&format!("/projects/{id}/assignments"), form).await
}
pub(crate) async fn batches(id: ProjectId) -> Answer<Vec<BatchRow>> {
    get(&format!("/projects/{id}/batches")).await
}
pub(crate) async fn add_batch(id: ProjectId, form: &BatchForm) -> Answer<BatchView> {
    post(&format!("/projects/{id}/batches"), form).await
}
pub(crate) async fn batch(id: BatchId) -> Answer<BatchView> {
    get(&format!("/batches/{id}")).await
}
/// `seen` is the version of the settings that the form was filled with.
pub(crate) async fn change_batch(id: BatchId, seen: &str, form: &BatchForm) -> Answer<BatchView> {
    put(&format!("/batches/{id}?seen={seen}"), form).await
}
pub(crate) async fn delete_batch(id: BatchId) -> Answer<Done> {
    delete(&format!("/batches/{id}")).await
}
pub(crate) async fn act_on_batch(id: BatchId, form: &ActionForm) -> Answer<Applied> {
    post(&format!("/batches/{id}/actions"), form).await
}
pub(crate) async fn tick(id: BatchId, form: &TickForm) -> Answer<Done> {
    post(&format!("/batches/{id}/cutover"), form).await
}
pub(crate) async fn batch_dns(id: BatchId, afresh: bool) -> Answer<BatchDns> {
    get(&format!("/batches/{id}/dns?afresh={afresh}")).await
}
/// Every batch of a project with its checklist.
pub(crate) async fn cutovers(id: ProjectId) -> Answer<Vec<BatchView>> {
    let mut views = Vec::new();
    for row in batches(id).await? {
        views.push(batch(row.id).await?);
    }
    Ok(views)
}
pub(crate) async fn reset_login(id: ProjectId, form: &ResetForm) -> Answer<Done> {
    post(&format!("/projects/{id}/logins"), form).await
}
pub(crate) async fn add_jobs(id: ProjectId, jobs: &[NewJob]) -> Answer<Done> {
    post(&format!("/projects/{id}/jobs"), &jobs).await
}
pub(crate) async fn discover(id: ProjectId) -> Answer<Discovered> {
    post(&format!("/projects/{id}/discover"), &()).await
}
pub(crate) async fn preview_list(id: ProjectId, form: &ImportForm) -> Answer<ImportPreview> {
    post(&format!("/projects/{id}/import/preview"), form).await
}
pub(crate) async fn bad_rows(id: ProjectId, form: &ImportForm) -> Answer<String> {
    post_text(&format!("/projects/{id}/import/bad-rows"), form).await
}
pub(crate) async fn ask_list(id: ProjectId, form: &ImportForm) -> Answer<AskStarted> {
    post(&format!("/projects/{id}/import/ask"), form).await
}
pub(crate) async fn asked(ask: &str) -> Answer<AskView> {
    get(&format!("/asks/{ask}")).await
}
pub(crate) async fn stop_asking(ask: &str) -> Answer<Done> {
    delete(&format!("/asks/{ask}")).await
}
pub(crate) async fn add_list(id: ProjectId, form: &ImportForm) -> Answer<ImportDone> {
    post(&format!("/projects/{id}/import/commit"), form).await
}

pub(crate) async fn job(id: JobId) -> Answer<JobView> {
    get(&format!("/jobs/{id}")).await
}
pub(crate) async fn delete_job(id: JobId) -> Answer<Done> {
    delete(&format!("/jobs/{id}")).await
}
pub(crate) async fn change_secrets(id: JobId, secrets: &JobSecrets) -> Answer<Done> {
    put(&format!("/jobs/{id}/secrets"), secrets).await
}
pub(crate) async fn act(id: JobId, action: JobAction) -> Answer<Done> {
    post(&format!("/jobs/{id}/actions"), &ActionForm::on_all(action)).await
}
pub(crate) async fn findings(id: JobId, cause: Cause, after: i64) -> Answer<Vec<FindingRow>> {
    get(&format!("/jobs/{id}/findings?cause={}&after={after}&limit={FINDINGS_PAGE}", cause.id())).await
}
pub(crate) async fn report(id: JobId) -> Answer<Report> {
    get(&format!("/jobs/{id}/report?format=json")).await
}

pub(crate) async fn start_check(form: &CheckForm) -> Answer<CheckStarted> {
    post("/checks", form).await
}
pub(crate) async fn check(id: &str) -> Answer<CheckReport> {
    get(&format!("/checks/{id}")).await
}

/// Where a report downloads from.
pub(crate) fn report_link(id: JobId, format: ReportFormat) -> String {
    format!("/api/v1/jobs/{id}/report?format={}", format.extension())
}

/// Where an inventory with every mailbox downloads from.
pub(crate) fn inventory_link(id: ProjectId, batch: Option<BatchId>, format: InventoryFormat) -> String {
    let of = batch.map_or(String::new(), |batch| format!("&batch={batch}"));
    format!("/api/v1/projects/{id}/inventory?format={}{of}", format.extension())
}

/// Where a report opens in the browser, ready to print.
pub(crate) fn printable_link(id: JobId) -> String {
    format!("{}&inline=1", report_link(id, ReportFormat::Html))
}

/// Where the interface's own description is.
pub(crate) const DOCS_LINK: &str = "/api/docs/";

/// Where the whole audit log downloads from.
pub(crate) const AUDIT_LINK: &str = "/api/v1/activity/export";
