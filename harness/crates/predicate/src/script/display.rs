//! Scripts in words, for snapshots and explanations.

use std::fmt::{self, Display, Formatter};

use super::{Arithmetic, Comparison, Expr, Function, Input, Script, ScriptValue};
use harness_model::value::ip_text;
use harness_text::pattern::Case;

impl Display for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(f, &self.expr, &self.inputs)
    }
}

impl Display for ScriptValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self, self.text()) {
            (Self::String(text), _) => write!(f, "{text:?}"),
            (_, Some(text)) => f.write_str(&text),
            (_, None) => f.write_str("null"),
        }
    }
}

fn write(f: &mut Formatter<'_>, expr: &Expr, inputs: &[Input]) -> fmt::Result {
    match expr {
        Expr::Constant(value) => value.fmt(f),
        Expr::Input(at) => {
            let name = inputs.get(*at).map_or("null", |input| &*input.column.name);
            f.write_str(name)
        }
        Expr::Call(Function::Not, args) => {
            f.write_str("not ")?;
            args.iter().try_for_each(|arg| write(f, arg, inputs))
        }
        Expr::Call(function, args) => {
            if let (Some(symbol), [left, right]) = (infix(function), args.as_slice()) {
                f.write_str("(")?;
                write(f, left, inputs)?;
                write!(f, " {symbol} ")?;
                write(f, right, inputs)?;
                return f.write_str(")");
            }
            write!(f, "{}(", name(function))?;
            for (index, arg) in args.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { ", " })?;
                write(f, arg, inputs)?;
            }
            f.write_str(")")
        }
    }
}

fn infix(function: &Function) -> Option<&'static str> {
    Some(match function {
        Function::And => "and",
        Function::Or => "or",
        Function::EqualsInsensitive => ":",
        Function::Compare(Comparison::Equal) => "==",
        Function::Compare(Comparison::Less) => "<",
        Function::Compare(Comparison::LessEqual) => "<=",
        Function::Compare(Comparison::Greater) => ">",
        Function::Compare(Comparison::GreaterEqual) => ">=",
        Function::Arithmetic(Arithmetic::Add) => "+",
        Function::Arithmetic(Arithmetic::Subtract) => "-",
        Function::Arithmetic(Arithmetic::Multiply) => "*",
        Function::Arithmetic(Arithmetic::Divide) => "/",
        Function::Arithmetic(Arithmetic::Modulo) => "%",
        _ => return None,
    })
}

fn name(function: &Function) -> String {
    let cased = |name: &str, case: &Case| match case {
        Case::Sensitive => name.to_owned(),
        Case::Insensitive => format!("{name}~"),
    };
    match function {
        Function::And => "and".to_owned(),
        Function::Or => "or".to_owned(),
        Function::Not => "not".to_owned(),
        Function::IsNull => "isNull".to_owned(),
        Function::In => "in".to_owned(),
        Function::EqualsInsensitive => "equals~".to_owned(),
        Function::Compare(_) => "compare".to_owned(),
        Function::Arithmetic(_) => "arithmetic".to_owned(),
        Function::Negative => "-".to_owned(),
        Function::Matches(regex) => cased(&format!("matches /{}/", regex.source()), &regex.case()),
        Function::Between(case) => cased("between", case),
        Function::CidrMatch(networks) => {
            let networks: Vec<String> = networks
                .iter()
                .map(|network| format!("{}-{}", ip_text(network.low), ip_text(network.high)))
                .collect();
            format!("cidrMatch [{}] ", networks.join(", "))
        }
        Function::Meets(scale, asked) => format!("meets {} ", scale.show(*asked)),
        Function::Concat => "concat".to_owned(),
        Function::EndsWith(case) => cased("endsWith", case),
        Function::IndexOf(case) => cased("indexOf", case),
        Function::Length => "length".to_owned(),
        Function::Number => "number".to_owned(),
        Function::StartsWith(case) => cased("startsWith", case),
        Function::String => "string".to_owned(),
        Function::StringContains(case) => cased("stringContains", case),
        Function::Substring => "substring".to_owned(),
    }
}
