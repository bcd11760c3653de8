//! Dovecot's configuration file.

use std::{fmt::Write, path::Path};

use super::options::{DOVEADM_PASSWORD, Encryption, Options, PASSWORD, Storage};
use crate::process::Identity;

/// Where the server listens.
pub(super) struct Ports {
    pub(super) plain: u16,
    pub(super) tls: Option<u16>,
    pub(super) doveadm: Option<u16>,
}

/// The whole file. Every process runs as the same unprivileged user and none changes its root directory, so that the
/// server needs no rights at all.
pub(super) fn render(options: &Options, home: &Path, identity: &Identity, ports: &Ports) -> String {
    let home = home.display();
    let Identity { user, group, uid, gid, .. } = identity;
    let plugins = plugins(options);
    let imap_plugins = imap_plugins(options);
    let storage = match options.storage {
        Storage::Maildir => "maildir:~/Maildir",
        Storage::Mdbox => "mdbox:~/mdbox",
    };
    let plain_port = ports.plain;
    let tls_port = ports.tls.unwrap_or(0);
    let tls_listener = if tls_port == 0 { "" } else { "ssl = yes" };
    let wire_log = if options.wire_log { format!("rawlog_dir = {home}/wire") } else { String::new() };
    let fields = format!("uid={uid} gid={gid} home={home}/users/%u master_user=%u");
    let userdb = match options.users {
        None => format!("driver = static\n  args = {fields}"),
        Some(_) => format!("driver = passwd-file\n  args = {home}/known\n  override_fields = {fields}"),
    };
    // The limit: a folder of a million messages takes more memory than Dovecot gives a process by itself.
    let mut text = format!(
        "base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 2 G
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
auth_username_chars =
auth_master_user_separator = *
mail_location = {storage}
mail_fsync = never
mail_max_userip_connections = 1000
mail_plugins = {plugins}
passdb {{
  driver = passwd-file
  master = yes
  args = {home}/masters
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  {userdb}
}}
protocol imap {{
  mail_plugins = {plugins} {imap_plugins}
  {wire_log}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    {tls_listener}
  }}
}}
",
        mechanisms = options.mechanisms,
    );
    match options.encryption {
        Encryption::None => text.push_str("ssl = no\n"),
        Encryption::SelfSigned | Encryption::With(_) => {
            let _ = write!(
                text,
                "ssl = yes\nssl_cert = <{home}/certificate.pem\nssl_key = <{home}/key.pem\nssl_min_protocol = TLSv1.2\n"
            );
        }
    }
    if let Some(port) = ports.doveadm {
        let _ = write!(
            text,
            "doveadm_password = {DOVEADM_PASSWORD}\nservice doveadm {{\n  inet_listener {{\n    port = {port}\n  }}\n}}\n"
        );
    }
    if let Some(words) = &options.capability {
        let _ = writeln!(text, "imap_capability = {words}");
    }
    plugin_settings(options, &home.to_string(), &mut text);
    namespaces(options, &home.to_string(), &mut text);
    text
}

fn has_quota(options: &Options) -> bool {
    options.quota_kib.is_some() || options.max_message.is_some()
}

fn plugins(options: &Options) -> String {
    named(&[
        ("listescape", options.escape_names),
        ("quota", has_quota(options)),
        ("virtual", options.virtual_folders),
        ("acl", options.shared),
        ("zlib", options.compress),
    ])
}

fn imap_plugins(options: &Options) -> String {
    named(&[
        ("imap_quota", has_quota(options)),
        ("imap_acl", options.shared),
        ("imap_zlib", options.compress),
    ])
}

fn named(plugins: &[(&str, bool)]) -> String {
    plugins.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

fn plugin_settings(options: &Options, home: &str, text: &mut String) {
    text.push_str("plugin {\n");
    if has_quota(options) {
        let limit = options.quota_kib.unwrap_or(1 << 30);
        let _ = write!(
            text,
            "  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage={limit}K\n  quota_grace = 0\n"
        );
    }
    if let Some(bytes) = options.max_message {
        let _ = writeln!(text, "  quota_max_mail_size = {bytes}B");
    }
    if options.shared {
        let _ = write!(text, "  acl = vfile\n  acl_shared_dict = file:{home}/state/shares\n");
    }
    text.push_str("}\n");
}

fn namespaces(options: &Options, home: &str, text: &mut String) {
    let separator = options.separator;
    let prefix = &options.prefix;
    let _ = write!(text, "namespace own {{\n  inbox = yes\n  separator = {separator}\n  prefix = {prefix}\n");
    for (attribute, name) in options.special_use.folders() {
        let _ = write!(text, "  mailbox \"{name}\" {{\n    auto = subscribe\n");
        if options.special_use.marked() {
            let _ = writeln!(text, "    special_use = {attribute}");
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    if options.virtual_folders {
        let _ = write!(
            text,
            "namespace virtual {{
  separator = {separator}
  prefix = Virtual{separator}
  location = virtual:{home}/virtual:INDEX=~/virtual
  mailbox All {{
    special_use = \\All
  }}
  mailbox Flagged {{
    special_use = \\Flagged
  }}
}}
"
        );
    }
    if options.public {
        let _ = write!(
            text,
            "namespace public {{
  type = public
  separator = {separator}
  prefix = Public{separator}
  location = maildir:{home}/public:INDEXPVT=~/public
  subscriptions = no
  list = yes
}}
"
        );
    }
    if options.shared {
        let _ = write!(
            text,
            "namespace shared {{
  type = shared
  separator = {separator}
  prefix = shared{separator}%%u{separator}
  location = maildir:%%h/Maildir:INDEXPVT=~/shared/%%u
  subscriptions = no
  list = children
}}
"
        );
    }
}
