//! The frame of all pages: the head, one stylesheet, one script, data.
//!
//! A page needs nothing but itself: styles and script are inline, and a policy in it
//! forbids every request. What comes from rules and fixtures is data: JSON in script
//! elements that are not run, with `<` escaped, which the script turns into text nodes.
//! Pages are a frame around data that a script draws, so that there is nothing for a
//! crate of templates to do.

use std::io::{self, Write};

use serde::Serialize;

use crate::words::grouped;
use crate::xml::escape;

/// The design of all pages.
const STYLE: &str = include_str!("page/base.css");

/// What the scripts of all pages share.
const SCRIPT: &str = include_str!("page/base.js");

/// What a page says of itself, above its title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The project.
    pub project: String,
    /// Its commit, shortened.
    pub commit: Option<String>,
    /// When the page was made; without it the same data make the same bytes.
    pub time: Option<String>,
    /// The tool, with its version.
    pub tool: String,
    /// The version of a page that is served, and loads again when there is a newer one.
    pub live: Option<u64>,
}

/// A page while it is written.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) head: &'a Head,
    /// What this page does beside the shared script.
    pub(super) script: &'static str,
}

impl Page<'_> {
    /// Writes what stands before the body's content.
    pub(super) fn open(&self, out: &mut dyn Write) -> io::Result<()> {
        // Attributes such as `onerror` never run under a policy with a nonce.
        let live = |version| format!("\n<meta name=\"harness-live\" content=\"{version}\">");
        let live = self.head.live.map(live).unwrap_or_default();
        let connect = if live.is_empty() { "" } else { " connect-src 'self';" };
        let title = escape(self.title);
        writeln!(
            out,
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-harness'; script-src 'nonce-harness';{connect} base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">{live}
<title>{title}</title>
<style nonce="harness">
{STYLE}</style>
</head>
<body>"#
        )
    }

    /// Writes the line about the page, and its title.
    pub(super) fn title(&self, out: &mut dyn Write) -> io::Result<()> {
        let Head { project, commit, time, tool, live: _ } = self.head;
        let project = Some(format!("<b>{}</b>", escape(project))).filter(|_| !project.is_empty());
        let commit = commit.as_ref().map(|commit| format!("<code>{}</code>", escape(commit)));
        let time = time.as_deref().map(escape);
        let tool = Some(escape(tool)).filter(|tool| !tool.is_empty());
        let parts: Vec<String> = [project, commit, time, tool].into_iter().flatten().collect();
        if !parts.is_empty() {
            writeln!(out, r#"<p class="about">{}</p>"#, parts.join(" · "))?;
        }
        writeln!(out, "<h1>{}</h1>", escape(self.title))
    }

    /// Writes the script, and the end.
    pub(super) fn close(&self, out: &mut dyn Write) -> io::Result<()> {
        let script = self.script;
        writeln!(out, "<script nonce=\"harness\">\n{SCRIPT}{script}</script>\n</body>\n</html>")
    }
}

/// Writes data in an element that no browser runs.
pub(super) fn block(id: &str, data: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(data)?.replace('<', "\\u003c");
    writeln!(out, r#"<script type="application/json" id="{id}">{json}</script>"#)
}

/// Writes a figure by its name; `share` is what part of what whole it is.
pub(super) fn figure(
    name: &str,
    value: &str,
    share: Option<(usize, usize)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (name, value) = (escape(name), escape(value));
    let Some((part, whole)) = share else {
        return writeln!(out, "<div><dt>{name}</dt><dd><b>{value}</b></dd></div>");
    };
    let class = if part == whole { "full" } else { "part" };
    writeln!(
        out,
        r#"<div><dt>{name}</dt><dd><b>{value}<i>%</i></b> <span>{} of {}</span><meter class="{class}" min="0" max="{whole}" value="{part}" aria-hidden="true"></meter></dd></div>"#,
        grouped(part as u64),
        grouped(whole as u64),
    )
}
