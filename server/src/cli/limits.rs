//! How much of both systems one run may use, as it is typed.

use std::num::{NonZeroU16, NonZeroU32};

use clap::Args;
use shared::limits::{Limits, Zone, read_hours, read_rate};

use super::Problem;

// How much of both systems the run may use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits: how much of the two systems the run may use")]
pub(super) struct LimitArgs {
    /// Connections to the source at most
    #[arg(long, value_name = "COUNT", requires = "source")]
    source_connections: Option<NonZeroU16>,
    /// Connections to the target at most
    #[arg(long, value_name = "COUNT", requires = "source")]
    target_connections: Option<NonZeroU16>,
    /// Bytes of messages a second at most, of each system: 10MB/s, 500KiB/s, 8Mbit/s
    #[arg(long, value_name = "RATE", requires = "source")]
    bandwidth: Option<String>,
    /// Messages a second at most, of each system
    #[arg(long, value_name = "COUNT", requires = "source")]
    messages_per_second: Option<NonZeroU32>,
    /// When the systems may be used: "Mon-Fri 20:00-06:00; Sat-Sun" [default: always]
    #[arg(long, value_name = "HOURS", requires = "source")]
    hours: Option<String>,
    /// Whose clock the hours are read on: Europe/Rome, +01:00 [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "hours")]
    time_zone: Option<String>,
}

impl LimitArgs {
    /// The limits of the source and of the target.
    pub(super) fn settle(self) -> Result<(Limits, Limits), Problem> {
        let wrong = |flag: &str, problem: &dyn std::fmt::Display| {
            Problem::arguments(format!("Reading --{flag} failed: {problem}."))
        };
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let rate = read_rate(&given(&self.bandwidth)).map_err(|error| wrong("bandwidth", &error))?;
        let hours = read_hours(&given(&self.hours)).map_err(|error| wrong("hours", &error))?;
        let zone: Zone = given(&self.time_zone).parse().map_err(|error| wrong("time-zone", &error))?;
        if self.hours.is_some() && hours.is_empty() {
            return Err(wrong("hours", &"it names none; write them as \"Mon-Fri 20:00-06:00\""));
        }
        if self.bandwidth.is_some() && rate.is_none() {
            return Err(wrong("bandwidth", &"it names none; write it as 10MB/s"));
        }
        let side = |connections: Option<NonZeroU16>| {
            let connections = connections.unwrap_or(Limits::default().connections);
            let messages_per_second = self.messages_per_second;
            let (hours, zone) = (hours.clone(), zone.clone());
            Limits {
                connections,
                bytes_per_second: rate,
                messages_per_second,
                hours,
                zone,
                ..Limits::default()
            }
        };
        let (source, target) = (side(self.source_connections), side(self.target_connections));
        engine::guest::check(&source).map_err(|error| wrong("time-zone", &error))?;
        Ok((source, target))
    }
}
