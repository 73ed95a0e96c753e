//! Hyperbolic functions.

use super::Function;
use super::math::real;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["sinh"], bind: |b| real(b, f64::sinh) },
    Function { names: &["cosh"], bind: |b| real(b, f64::cosh) },
    Function { names: &["tanh"], bind: |b| real(b, f64::tanh) },
    Function { names: &["asinh"], bind: |b| real(b, f64::asinh) },
    Function { names: &["acosh"], bind: |b| real(b, f64::acosh) },
    Function { names: &["atanh"], bind: |b| real(b, f64::atanh) },
];
