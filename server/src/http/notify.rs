//! Notifications: how this installation tells, what each admin is told, and a test.

use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use shared::{
    endpoint::Tls,
    error::ApiError,
    notify::{NotifyChoice, NotifyForm, NotifyTest, NotifyView, Occasion},
};

use super::{
    changes::Changes,
    fault::{Answer, Fault},
    valid,
    who::{Auditor, Owner},
};
use crate::{app::Parts, notify};

/// Most days a reminder may wait.
const DAYS_MAX: u16 = 365;

/// How this installation tells. Secrets are not shown.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications", responses((status = 200, body = NotifyView)))]
pub(super) async fn read(_: Owner, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.notify_view().await?))
}

/// Changes how this installation tells. Secrets are write-only.
#[utoipa::path(put, path = "/api/v1/notifications", tag = "notifications", request_body = NotifyForm, responses(
    (status = 200, body = NotifyView),
    (status = 400, body = ApiError),
))]
pub(super) async fn change(who: Owner, parts: Data<Parts>, form: Json<NotifyForm>) -> Answer {
    check(&form)?;
    let before = parts.store.notify_view().await?;
    parts.store.set_notify(&form).await?;
    // What was changed is kept even when it cannot be read again.
    let after = parts.store.notify_view().await;
    let changes = after.as_ref().map(|after| changes(&before, after, &form)).unwrap_or_default();
    parts.record(&who.admin.name, "notify.change", &changes.subject("how this installation tells")).await;
    Ok(HttpResponse::Ok().json(after?))
}

/// A webhook's address often is a secret, which owners read; auditors read the log, too.
fn changes(before: &NotifyView, after: &NotifyView, form: &NotifyForm) -> Changes {
    Changes::default()
        .of("mail", &before.settings.mail, &after.settings.mail)
        .of("reminder days", &before.settings.reminder_days, &after.settings.reminder_days)
        .and(before.settings.webhook != after.settings.webhook, "the webhook's address changed")
        .secret(
            "the mail server's password",
            [before.mail_has_secret, after.mail_has_secret],
            form.mail_secret.as_deref(),
        )
        .secret(
            "what webhooks are signed with",
            [before.webhook_has_secret, after.webhook_has_secret],
            form.webhook_secret.as_deref(),
        )
}

/// What one is told by mail.
#[utoipa::path(get, path = "/api/v1/notifications/own", tag = "notifications", responses((status = 200, body = NotifyChoice)))]
pub(super) async fn own(who: Auditor, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.notify_choice(who.admin.id).await?))
}

/// Changes what one is told by mail.
#[utoipa::path(put, path = "/api/v1/notifications/own", tag = "notifications", request_body = NotifyChoice, responses(
    (status = 200, body = NotifyChoice),
    (status = 400, body = ApiError),
))]
pub(super) async fn choose(who: Auditor, parts: Data<Parts>, form: Json<NotifyChoice>) -> Answer {
    let mut choice = form.into_inner();
    choice.address =
        choice.address.map(|address| address.trim().to_owned()).filter(|address| !address.is_empty());
    if let Some(problem) = choice.address.as_deref().and_then(notify::address_problem) {
        return Err(Fault::invalid("address", problem));
    }
    choice.occasions.retain(|occasion| *occasion != Occasion::Test);
    choice.occasions.sort();
    choice.occasions.dedup();
    let before = parts.store.notify_choice(who.admin.id).await?;
    parts.store.set_notify_choice(who.admin.id, &choice).await?;
    let changes = Changes::default().of("", &before, &choice);
    parts.record(&who.admin.name, "notify.choose", &changes.subject("what they are told")).await;
    Ok(HttpResponse::Ok().json(choice))
}

/// Sends a test at once: to one's own address and to the webhook.
#[utoipa::path(post, path = "/api/v1/notifications/test", tag = "notifications", responses(
    (status = 200, body = NotifyTest),
    (status = 429, body = ApiError, description = "More than ten a minute"),
))]
pub(super) async fn test(who: Owner, parts: Data<Parts>) -> Answer {
    parts.limits.check(who.admin.id)?;
    let ways = parts.store.notify_ways().await?;
    let choice = parts.store.notify_choice(who.admin.id).await?;
    let told = notify::test(&ways, choice.address.as_deref(), parts.own).await;
    parts.record(&who.admin.name, "notify.test", "mail and webhook").await;
    Ok(HttpResponse::Ok().json(told))
}

fn check(form: &NotifyForm) -> Result<(), Fault> {
    if let Some(mail) = &form.settings.mail {
        if let Some(problem) = valid::host_problem(&mail.host) {
            return Err(Fault::invalid("settings.mail.host", problem));
        }
        if mail.port == 0 {
            let message = "Enter a port from 1 to 65535: 465 for implicit TLS, 587 for STARTTLS.";
            return Err(Fault::invalid("settings.mail.port", message));
        }
        if mail.tls == Tls::None && !valid::is_loopback(&mail.host) {
            let message =
                "Clear text is allowed to this machine only. Choose implicit TLS (465) or STARTTLS (587).";
            return Err(Fault::invalid("settings.mail.tls", message));
        }
        if let Some(user) = &mail.user {
            valid::login_name("settings.mail.user", user)?;
        }
        if let Some(problem) = notify::address_problem(&mail.from) {
            return Err(Fault::invalid("settings.mail.from", problem));
        }
    }
    if let Some(problem) = form.settings.webhook.as_deref().and_then(notify::url_problem) {
        return Err(Fault::invalid("settings.webhook", problem));
    }
    if form.settings.reminder_days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        return Err(Fault::invalid("settings.reminder_days", format!("Choose 1 to {DAYS_MAX} days.")));
    }
    for (field, entered) in [("mail_secret", &form.mail_secret), ("webhook_secret", &form.webhook_secret)] {
        if let Some(entered) = entered.as_ref().filter(|entered| !entered.is_empty()) {
            valid::secret(field, entered)?;
        }
    }
    Ok(())
}
