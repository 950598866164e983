//! Regions as a session's payload.

use super::{Contents, Outcome, Session};
use crate::error::{Error, Result};
use crate::payload::{RegionFile, Regions};
use crate::store::{Entry, EntryInfo};
use std::ops::Range;

impl Session {
    /// [`Session::checkpoint`] of regions; `data` are their bytes, in the order of
    /// [`Regions::specs`]. What the rate limit holds back is not even looked at.
    ///
    /// ```
    /// # fn main() -> Result<(), warmstart::Error> {
    /// use warmstart::{ElementType, Fingerprinter, Order, RegionSpec, Regions};
    /// use warmstart::{Session, SessionOptions, Store, StoreOptions};
    /// # let dir = std::env::temp_dir().join(format!("warmstart-regions-{}", std::process::id()));
    /// # let store = Store::open(Some(&dir), &StoreOptions::new())?;
    /// # let fit = Session::open(&store, Fingerprinter::new().finish(), &SessionOptions::new())?;
    ///
    /// let mut state = Regions::new();
    /// state.insert(RegionSpec::new("beta", ElementType::F64, &[2], Order::RowMajor)?)?;
    /// state.insert(RegionSpec::new("seed", ElementType::U8, &[3], Order::RowMajor)?)?;
    ///
    /// let (beta, seed) = ([0.5, -0.0].map(f64::to_le_bytes).concat(), *b"abc");
    /// fit.checkpoint_regions(&state, &[&beta, &seed], Some(1.5), Some(7))?;
    ///
    /// let (mut beta_again, mut seed_again) = ([0; 16], [0; 3]);
    /// let at = fit.restore(&state, &mut [&mut beta_again, &mut seed_again])?;
    /// assert_eq!(at.expect("just written").iteration, Some(7));
    /// assert!(beta_again[..] == beta[..] && seed_again == seed);
    /// # std::fs::remove_dir_all(dir).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Besides those of [`Session::checkpoint`], those of [`Regions::write`].
    pub fn checkpoint_regions(
        &self,
        regions: &Regions,
        data: &[&[u8]],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<Outcome> {
        let mut build = building(regions, data, objective, iteration)?;
        self.checkpoint_contents(Contents::Built(&mut build), objective, iteration)
    }

    /// [`Session::checkpoint_now`] of regions.
    ///
    /// # Errors
    ///
    /// As [`Session::checkpoint_regions`].
    pub fn checkpoint_regions_now(
        &self,
        regions: &Regions,
        data: &[&[u8]],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        let mut build = building(regions, data, objective, iteration)?;
        self.checkpoint_contents_now(Contents::Built(&mut build), objective, iteration)
    }

    /// [`Session::finalize`] of regions.
    ///
    /// # Errors
    ///
    /// As [`Session::checkpoint_regions`].
    pub fn finalize_regions(
        &self,
        regions: &Regions,
        data: &[&[u8]],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        let mut build = building(regions, data, objective, iteration)?;
        self.finalize_contents(Contents::Built(&mut build), objective, iteration)
    }

    /// Fills `data` with what [`Session::load`] would answer, if it has these very regions, and takes
    /// it.
    ///
    /// # Errors
    ///
    /// `Incompatible`: which region differs, and how; nothing is filled and nothing is taken.
    /// `Invalid`: there is no region, or a buffer has another length than its region.
    pub fn restore(&self, regions: &Regions, data: &mut [&mut [u8]]) -> Result<Option<EntryInfo>> {
        let lengths = data.iter().map(|d| d.len());
        check_lengths("restoring regions", regions, lengths)?;
        let Some((entry, places)) = self.load_regions(regions)? else {
            return Ok(None);
        };
        for (to, from) in data.iter_mut().zip(places) {
            to.copy_from_slice(&entry.payload()[from]);
        }
        Ok(Some(entry.info()))
    }

    /// What [`Session::load`] would answer, taken if it has these very regions, and where they lie.
    pub(crate) fn load_regions(
        &self,
        regions: &Regions,
    ) -> Result<Option<(Entry, Vec<Range<usize>>)>> {
        self.load_fitting(|entry| {
            RegionFile::parse(entry.payload())
                .and_then(|file| regions.find_in(&file))
                .map_err(|e| {
                    e.during(&format!(
                        "restoring from run {} under key {}",
                        entry.run_id(),
                        entry.key()
                    ))
                })
        })
    }
}

fn building<'a>(
    regions: &'a Regions,
    data: &'a [&'a [u8]],
    objective: Option<f64>,
    iteration: Option<u64>,
) -> Result<impl FnMut(&mut Vec<u8>) -> Result<()> + 'a> {
    check_lengths("writing regions", regions, data.iter().map(|d| d.len()))?;
    Ok(move |buffer: &mut Vec<u8>| regions.write(|at| data[at], objective, iteration, buffer))
}

fn check_lengths(
    attempt: &'static str,
    regions: &Regions,
    lengths: impl ExactSizeIterator<Item = usize>,
) -> Result<()> {
    let (wanted, given) = (regions.specs().len(), lengths.len());
    if wanted != given {
        return Err(Error::invalid(
            attempt,
            format!("there are {wanted} regions, and {given} arrays were handed over"),
            "Hand over the bytes of each region, in the order that they were added in",
        ));
    }
    for (spec, len) in regions.specs().iter().zip(lengths) {
        if spec.bytes() != len {
            return Err(Error::invalid(
                attempt,
                format!(
                    "region `{}` has {} bytes, and {len} were handed over",
                    spec.name().escape_debug(),
                    spec.bytes()
                ),
                "Hand over what its type and dimensions say",
            ));
        }
    }
    Ok(())
}
