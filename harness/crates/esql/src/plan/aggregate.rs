//! Aggregates: their names, arguments and result types.

use super::Planner;
pub use super::model::AggregateKind;
use crate::expr::Typed;
use crate::fold::{fold, fold_value};
use crate::functions::{argument_error, cast_literal};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

const NAMES: [&str; 21] = [
    "absent",
    "avg",
    "count",
    "count_distinct",
    "first",
    "last",
    "max",
    "median",
    "median_absolute_deviation",
    "min",
    "percentile",
    "present",
    "sample",
    "st_centroid_agg",
    "st_extent_agg",
    "std_dev",
    "sum",
    "top",
    "values",
    "variance",
    "weighted_avg",
];

type Result<T> = std::result::Result<T, Diagnostic>;

impl AggregateKind {
    /// Whether a name in lower case is that of an aggregate.
    pub(super) fn is_aggregate(name: &str) -> bool {
        NAMES.contains(&name)
    }
}

/// A checked call: the aggregate, its columns and the type of its result.
pub(super) struct Checked {
    pub(super) kind: AggregateKind,
    pub(super) args: Vec<Typed>,
    pub(super) ty: Type,
}

impl Planner<'_> {
    /// Whether it can be computed, and takes so many arguments.
    fn check_count(name: &str, check: &Check<'_>) -> Result<()> {
        if matches!(name, "sample" | "st_centroid_agg" | "st_extent_agg") {
            return Err(Diagnostic::unsupported(
                "esql-unsupported",
                format!("the aggregate `{}`", name.to_uppercase()),
                check.span,
            )
            .with_help("its result cannot be reproduced offline"));
        }
        let (min, max) = match name {
            "count" => (0, 1),
            "count_distinct" => (1, 2),
            "percentile" | "first" | "last" | "weighted_avg" => (2, 2),
            "top" => (2, 4),
            _ => (1, 1),
        };
        if !(min..=max).contains(&check.count) {
            return Err(Self::error(
                check.span,
                format!(
                    "error building [{name}]: wrong number of arguments in [{}]",
                    check.span.of(check.text)
                ),
            ));
        }
        Ok(())
    }

    /// Checks the arguments of an aggregate.
    pub(super) fn aggregate(
        &self,
        name: &str,
        mut args: Vec<Typed>,
        span: Span,
    ) -> Result<Checked> {
        let check = Check { text: self.text, span, count: args.len() };
        Self::check_count(name, &check)?;
        let ty = args.first().map_or(Type::Null, |arg| arg.ty);
        let (kind, result) = check.kind(name, &mut args)?;
        // Of a null-typed argument, those that keep its type are null-typed too.
        let keeps = matches!(
            kind,
            AggregateKind::Min
                | AggregateKind::Max
                | AggregateKind::Values
                | AggregateKind::Top { .. }
                | AggregateKind::First
                | AggregateKind::Last
        );
        let result = if ty == Type::Null && keeps { Type::Null } else { result };
        let columns = match kind {
            AggregateKind::WeightedAvg | AggregateKind::First | AggregateKind::Last => 2,
            _ => 1,
        };
        args.truncate(columns);
        Ok(Checked { kind, args, ty: result })
    }
}

fn is_signed(ty: Type) -> bool {
    ty.is_numeric() && ty != Type::UnsignedLong
}

fn is_value(ty: Type) -> bool {
    !matches!(ty, Type::Period | Type::Duration | Type::Source | Type::Unsupported)
}

struct Check<'a> {
    text: &'a str,
    span: Span,
    count: usize,
}

impl Check<'_> {
    /// Which aggregate it is, and the type of its result.
    fn kind(&self, name: &str, args: &mut [Typed]) -> Result<(AggregateKind, Type)> {
        use AggregateKind as A;
        let ty = args.first().map_or(Type::Null, |arg| arg.ty);
        Ok(match name {
            "count" => {
                self.fits(args, 0, |ty| !ty.is_amount(), "any type")?;
                (A::Count, Type::Long)
            }
            "count_distinct" => {
                self.fits(
                    args,
                    0,
                    |ty| is_value(ty) && ty != Type::UnsignedLong,
                    "any exact type except unsigned_long, _source, or counter types",
                )?;
                self.constant(args, 1)?;
                (A::CountDistinct, Type::Long)
            }
            "min" | "max" => {
                self.fits(
                    args,
                    0,
                    |ty| is_value(ty) && ty != Type::GeoPoint,
                    "boolean, date, ip, string, version or numeric except counter types",
                )?;
                (if name == "min" { A::Min } else { A::Max }, ty.without_text())
            }
            "sum" => {
                self.fits(args, 0, is_signed, "numeric except unsigned_long or counter types")?;
                let result = match ty {
                    Type::Integer | Type::Long => Type::Long,
                    _ => Type::Double,
                };
                (A::Sum, result)
            }
            "avg" | "median" | "std_dev" | "variance" | "median_absolute_deviation" => {
                self.fits(args, 0, is_signed, "numeric except unsigned_long or counter types")?;
                let kind = match name {
                    "avg" => A::Avg,
                    "median" => A::Percentile(50.0),
                    "std_dev" => A::StdDev,
                    "variance" => A::Variance,
                    _ => A::MedianAbsoluteDeviation,
                };
                (kind, Type::Double)
            }
            "percentile" => {
                self.fits(args, 0, is_signed, "numeric except unsigned_long")?;
                let share = self.number(args, 1)?;
                (A::Percentile(share), Type::Double)
            }
            "weighted_avg" => {
                self.fits(args, 0, Type::is_numeric, "numeric except counter types")?;
                self.fits(args, 1, Type::is_numeric, "numeric except counter types")?;
                self.weight(args)?;
                (A::WeightedAvg, Type::Double)
            }
            "values" => {
                self.fits(args, 0, is_value, "any type except unsigned_long and spatial types")?;
                (A::Values, ty.without_text())
            }
            "top" => {
                self.fits(
                    args,
                    0,
                    |ty| is_value(ty) && ty != Type::GeoPoint,
                    "boolean, date, ip, string or numeric",
                )?;
                (self.top(args)?, ty.without_text())
            }
            "first" | "last" => {
                self.fits(args, 0, is_value, "representable")?;
                if let Some(literal) = args.get(1).filter(|arg| arg.ty.is_string()).cloned() {
                    args[1] = cast_literal(&literal, Type::Date)?;
                }
                self.fits(args, 1, |ty| ty == Type::Long || ty.is_date(), "long or datetime")?;
                (if name == "first" { A::First } else { A::Last }, ty.without_text())
            }
            "present" => (A::Present, Type::Boolean),
            "absent" => (A::Absent, Type::Boolean),
            _ => return Err(self.error("unknown aggregate")),
        })
    }

    /// The weight of `WEIGHTED_AVG`: neither null nor zero, as far as is known.
    fn weight(&self, args: &[Typed]) -> Result<()> {
        let Some(weight) = args.get(1) else { return Ok(()) };
        let zero = fold_value(weight).is_some_and(|value| value.as_ref().double() == 0.0);
        let null = weight.ty == Type::Null || fold(weight).is_some_and(|it| it.data.is_empty());
        if zero || null {
            let found = weight.span.of(self.text);
            return Err(self.error(format!("weight cannot be null or 0, received [{found}]")));
        }
        Ok(())
    }

    /// `TOP` by its number of values and their order.
    fn top(&self, args: &[Typed]) -> Result<AggregateKind> {
        let count = usize::try_from(self.whole(args, 1)?).unwrap_or(0);
        if count == 0 {
            return Err(self.error("Limit must be greater than 0"));
        }
        let descending = match args.get(2).map(fold_value) {
            None => false,
            Some(Some(Value::Str(order))) if order.eq_ignore_ascii_case("asc") => false,
            Some(Some(Value::Str(order))) if order.eq_ignore_ascii_case("desc") => true,
            Some(_) => return Err(self.error("Invalid order value, expected [ASC, DESC]")),
        };
        Ok(AggregateKind::Top { count, descending })
    }

    fn error(&self, message: impl Into<String>) -> Diagnostic {
        let message = format!("{} in [{}]", message.into(), self.span.of(self.text));
        Diagnostic::error(super::expression::VERIFICATION, message, self.span)
    }

    fn fits(
        &self,
        args: &[Typed],
        index: usize,
        fits: impl Fn(Type) -> bool,
        wanted: &str,
    ) -> Result<()> {
        match args.get(index) {
            Some(arg) if arg.ty != Type::Null && !fits(arg.ty) => {
                Err(argument_error(self.text, self.span, self.count, index, wanted, arg))
            }
            _ => Ok(()),
        }
    }

    fn constant(&self, args: &[Typed], index: usize) -> Result<()> {
        match args.get(index) {
            Some(arg) if !arg.is_constant() => Err(self.error("argument must be a constant")),
            _ => Ok(()),
        }
    }

    fn number(&self, args: &[Typed], index: usize) -> Result<f64> {
        let value = args.get(index).filter(|arg| arg.ty.is_numeric()).and_then(fold_value);
        value
            .map(|value| value.as_ref().double())
            .ok_or_else(|| self.error("argument must be a constant number"))
    }

    fn whole(&self, args: &[Typed], index: usize) -> Result<i64> {
        let value = args.get(index).and_then(fold_value);
        match value.as_ref().map(Value::as_ref) {
            Some(number @ (Ref::Int(_) | Ref::Long(_))) => Ok(number.long()),
            _ => Err(self.error("argument must be a constant whole number")),
        }
    }
}
