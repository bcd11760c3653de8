//! When the project will be done, and how it got on in the last day.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    forecast::{Forecast, PaceRow},
    id::ProjectId,
    job::StateCount,
    time::Timestamp,
};

use super::list::Group;
use crate::{
    api,
    components::Clock,
    load::load,
    view::{
        amount::{bytes, counted},
        locale::{count, moment},
    },
};

/// It changes slowly.
const FRESH: Duration = Duration::from_secs(20);
/// Height of the chart, in the units of its own grid.
const HEIGHT: f64 = 24.0;

/// The line, with a small chart and its numbers.
#[component]
pub(super) fn ForecastLine(id: ProjectId, by_state: Signal<Vec<StateCount>>) -> impl IntoView {
    // When the first one begins or the last one ends, what was said before is wrong at once; small mailboxes do both between
    // two looks.
    let under_way = Memo::new(move |_| {
        by_state.with(|by_state| {
            [Group::Active, Group::Complete, Group::Failed].map(|group| group.count(by_state) > 0)
        })
    });
    let forecast = load(move || {
        // Read, not only tracked: what nobody reads is not worked out, and never changes.
        under_way.get();
        api::forecast(id)
    });
    forecast.keep_fresh(FRESH);
    let shown = Memo::new(move |_| forecast.get());
    // What was told is worth nothing once its time has passed: the clock looks, whether or not a newer forecast comes.
    let clock = expect_context::<Clock>();
    let line = move || {
        shown.get().map(|forecast| {
            let told = told(&forecast, clock.now());
            view! { <p class="forecast-line" data-test="forecast">{told}</p> }
        })
    };
    let paces =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|f| f.paces.clone()).unwrap_or_default()));
    let chart = move || paces.with(|paces| (paces.len() > 1).then(|| chart(paces)));
    view! {
        <div class="forecast">
            {line}
            {chart}
        </div>
    }
}

/// The forecast as it reads at a moment.
fn told(forecast: &Forecast, now: Timestamp) -> String {
    match (forecast.done, &forecast.why_not) {
        (Some((_, to)), _) if to <= now => {
            "It takes longer than was foretold. When it will be done is being worked out anew.".into()
        }
        (Some((from, to)), _) if from <= now => format!("Done before {}, at the pace so far.", moment(to)),
        (Some((from, to)), _) => {
            format!("Done between {} and {}, at the pace so far.", moment(from), moment(to))
        }
        (None, Some(why)) => why.clone(),
        (None, None) => String::new(),
    }
}

/// Bars of a quarter of an hour each, and the same as a table for who does not see them.
fn chart(paces: &[PaceRow]) -> impl IntoView + use<> {
    let most = paces.iter().map(|row| row.bytes).max().unwrap_or(0).max(1) as f64;
    let bars: Vec<_> = paces
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let height = (row.bytes as f64 / most * HEIGHT).max(0.5);
            view! {
                <rect x=(at * 4).to_string() y=format!("{:.2}", HEIGHT - height) width="3" height=format!("{height:.2}")></rect>
            }
        })
        .collect();
    let rows: Vec<_> = paces
        .iter()
        .rev()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row">{moment(row.from)}</th>
                    <td class="number">{count(row.items)}</td>
                    <td class="number">{bytes(row.bytes)}</td>
                </tr>
            }
        })
        .collect();
    let width = paces.len() * 4;
    let all: u64 = paces.iter().map(|row| row.items).sum();
    view! {
        <details class="pace">
            <summary>
                <svg class="spark" viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    {bars}
                </svg>
                {format!("Last 24 hours: {}", counted(all, "message", "messages"))}
            </summary>
            <div class="table-box" tabindex="0" role="region" aria-label="Pace by quarter of an hour">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            <th scope="col" class="number">"Messages"</th>
                            <th scope="col" class="number">"Size"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::{Forecast, Timestamp, told};

    #[test]
    fn a_forecast_whose_time_has_passed_says_so() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let forecast = Forecast {
            made: at(0),
            done: Some((at(10), at(20))),
            why_not: None,
            items_done: 1,
            items: 2,
            bytes_done: 1,
            bytes: 2,
            unseen: 0,
            paces: Vec::new(),
        };
        assert!(told(&forecast, at(5)).starts_with("Done between "));
        assert!(told(&forecast, at(10)).starts_with("Done before "));
        assert!(told(&forecast, at(20)).contains("worked out anew"));
    }
}
