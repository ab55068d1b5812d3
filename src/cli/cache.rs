//! `actalign-tui cache`: embeddings kept from earlier runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail};
use serde::Serialize;

use crate::cache::{Bounds, Cache, Kind, Listing, SIZE_VARIABLE, Share, Size};
use crate::output;
use crate::visible::json;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Show or prune the embeddings kept from earlier runs
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    Info(InfoArgs),
    Prune(PruneArgs),
    /// Remove all entries
    Clear,
}

/// Print the cache's folder, contents and size limit
#[derive(Debug, Args)]
struct InfoArgs {
    /// Print one JSON document, with sizes in bytes
    #[arg(long)]
    json: bool,
}

/// Remove the least recently used entries, by default down to the cache's size limit
#[derive(Debug, Args)]
struct PruneArgs {
    /// Keep at most this much, such as 500MB
    #[arg(long, value_name = "SIZE")]
    to: Option<Size>,
    /// Remove entries not used for this many days
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,
}

pub fn run(args: &CacheArgs) -> Result<()> {
    let Some(cache) = Cache::open()? else {
        bail!("there is no cache: {SIZE_VARIABLE} is 0\nhelp: unset it, or give it another value");
    };
    match &args.command {
        CacheCommand::Info(args) => info(&cache, args),
        CacheCommand::Prune(args) => {
            let size = match (args.to, args.older_than) {
                (None, None) => Some(cache.limit()),
                (size, _) => size,
            };
            print_removed(&cache.prune(Bounds { size, age: args.older_than.map(|days| days * DAY) })?)
        }
        CacheCommand::Clear => print_removed(&cache.prune(Bounds { size: Some(Size(0)), age: None })?),
    }
}

fn print_removed(gone: &Listing) -> Result<()> {
    Ok(output::print(format!("{} entries removed, {}\n", gone.count(), Size(gone.bytes())))?)
}

/// What `info --json` prints.
#[derive(Serialize)]
struct Info<'a> {
    folder: &'a Path,
    entries: usize,
    bytes: u64,
    limit_bytes: u64,
    kinds: BTreeMap<Kind, Share>,
    /// Seconds since the entry used longest ago was used.
    oldest_use_seconds: Option<u64>,
}

fn info(cache: &Cache, args: &InfoArgs) -> Result<()> {
    let listing = cache.listing()?;
    let age = listing.oldest().map(|used| SystemTime::now().duration_since(used).unwrap_or_default());
    if args.json {
        let info = Info {
            folder: cache.folder(),
            entries: listing.count(),
            bytes: listing.bytes(),
            limit_bytes: cache.limit().0,
            kinds: listing.by_kind(),
            oldest_use_seconds: age.map(|age| age.as_secs()),
        };
        return Ok(output::print(json(&info)?)?);
    }
    let mut text = format!("{}\n", cache.folder().display());
    text += &format!("{} entries, {} of {}\n", listing.count(), Size(listing.bytes()), cache.limit());
    for (kind, share) in listing.by_kind() {
        text += &format!("  {kind:<9} {:>8}  {}\n", share.entries, Size(share.bytes));
    }
    if let Some(age) = age {
        text += &format!("used longest ago: {} days\n", age.as_secs() / DAY.as_secs());
    }
    Ok(output::print(text)?)
}
