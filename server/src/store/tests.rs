//! The store over real databases: every scenario runs on SQLite and on PostgreSQL.

mod audit;
mod batches;
mod costs;
mod inventory;
mod leases;
mod ledger;
mod lists;
mod nodes;
mod notices;
mod opening;
mod people;
pub(super) mod sample;
mod secrets;
mod setting;
mod steering;
mod under_way;
mod visits;
mod work;

/// Makes two tests of each scenario, one for each database. A scenario is an `async fn(&Setting)`.
macro_rules! on_both {
    ($($scenario:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario(&$crate::store::tests::setting::Setting::sqlite().await).await;
            })+
        }
        mod on_postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario(&$crate::store::tests::setting::Setting::postgresql().await).await;
            })+
        }
    };
}
use on_both;
