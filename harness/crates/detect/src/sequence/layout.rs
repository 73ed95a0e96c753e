//! The stages of a sequence as the machine sees them: slots and gaps.

use super::{Error, MAX_STAGES, Presence, Spec};

/// Where each stage of a [`Spec`] ends up.
///
/// A present stage of n runs becomes n slots. Missing stages between two
/// neighbouring slots are one gap: they forbid the union of their events.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// By stage.
    pub(super) places: Vec<Place>,
    /// By output column: the slot, or `None` at missing stages.
    pub(super) columns: Vec<Option<usize>>,
    /// The number of slots.
    pub(super) slots: usize,
    /// The slots before which a gap lies, ascending, without the ends.
    pub(super) middle: Vec<usize>,
    /// Whether the sequence starts with a missing stage.
    pub(super) leading: bool,
    /// Whether the sequence ends with a missing stage.
    pub(super) trailing: bool,
}

/// What a stage is to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It fills the slots `first..end`.
    Slots {
        /// The first slot.
        first: usize,
        /// After the last slot.
        end: usize,
    },
    /// Its events must not come before this slot, and after the one before.
    Gap(usize),
}

impl Layout {
    /// Lays out a sequence, or says why it is none.
    pub(super) fn new(spec: &Spec) -> Result<Self, Error> {
        let width = spec
            .stages
            .iter()
            .map(|stage| stage.runs.max(1) as usize)
            .fold(0, usize::saturating_add);
        if width > MAX_STAGES {
            return Err(Error::TooManyStages(width));
        }
        let (mut places, mut columns, mut slots) = (Vec::new(), Vec::new(), 0);
        for stage in &spec.stages {
            let runs = stage.runs.max(1) as usize;
            match stage.presence {
                Presence::Present => {
                    places.push(Place::Slots { first: slots, end: slots + runs });
                    columns.extend((slots..slots + runs).map(Some));
                    slots += runs;
                }
                Presence::Missing => {
                    places.push(Place::Gap(slots));
                    columns.extend(std::iter::repeat_n(None, runs));
                }
            }
        }
        if slots == 0 {
            return Err(Error::NoPresentStage);
        }
        let mut middle: Vec<usize> = places
            .iter()
            .filter_map(|place| place.gap())
            .filter(|&gap| 0 < gap && gap < slots)
            .collect();
        middle.dedup();
        let leading = places.contains(&Place::Gap(0));
        let trailing = places.contains(&Place::Gap(slots));
        let layout = Self { places, columns, slots, middle, leading, trailing };
        if layout.has_gaps() && spec.maxspan_ms.is_none() {
            return Err(Error::MissingWithoutMaxspan);
        }
        Ok(layout)
    }

    /// Whether the sequence has missing stages.
    pub(super) fn has_gaps(&self) -> bool {
        self.leading || self.trailing || !self.middle.is_empty()
    }

    /// The first stage that is present.
    pub(super) fn base(&self) -> Option<usize> {
        self.places.iter().position(|place| place.gap().is_none())
    }
}

impl Place {
    fn gap(self) -> Option<usize> {
        match self {
            Self::Slots { .. } => None,
            Self::Gap(before) => Some(before),
        }
    }
}
