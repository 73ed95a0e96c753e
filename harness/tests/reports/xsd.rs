//! The part of XML Schema that docs/schemas/junit.xsd uses. What is outside of
//! that part is an error, so nothing of the schema goes unchecked; `.ci/browser`
//! checks real reports with xmllint as well, where it is there.

use roxmltree::{Document, Node};

/// What is wrong with a document by a schema, with its element; empty when valid.
pub(crate) fn faults(schema: &Document<'_>, document: &Document<'_>) -> Vec<String> {
    let mut check = Check { schema: schema.root_element(), faults: Vec::new() };
    check.element(document.root_element());
    check.faults
}

struct Check<'s> {
    schema: Node<'s, 's>,
    faults: Vec<String>,
}

fn elements<'d>(node: Node<'d, 'd>) -> Vec<Node<'d, 'd>> {
    node.children().filter(Node::is_element).collect()
}

impl Check<'_> {
    fn fault(&mut self, node: Node<'_, '_>, what: &str) {
        self.faults.push(format!("<{}>: {what}", node.tag_name().name()));
    }

    fn element(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name();
        let mut declared = self.schema.children().filter(|it| it.has_tag_name_local("element"));
        let Some(declared) = declared.find(|it| it.attribute("name") == Some(name)) else {
            return self.fault(node, "is unknown");
        };
        if let Some(kind) = declared.attribute("type") {
            assert_eq!(kind, "xs:string", "the only simple type of an element that is known");
            if node.attributes().len() > 0 || node.children().any(|it| it.is_element()) {
                self.fault(node, "holds text only");
            }
            return;
        }
        let kind = elements(declared).into_iter().next().expect("a type");
        assert!(kind.has_tag_name_local("complexType"), "{:?}", kind.tag_name());
        let mut particle = None;
        let mut attributes = Vec::new();
        for part in elements(kind) {
            match part.tag_name().name() {
                "attribute" => attributes.push(part),
                "sequence" | "choice" => particle = Some(part),
                other => panic!("unknown part of a type {other}"),
            }
        }
        self.attributes(node, &attributes);
        let mixed = kind.attribute("mixed") == Some("true");
        let text = node.children().filter(Node::is_text);
        if !mixed && text.filter_map(|it| it.text()).any(|text| !text.trim().is_empty()) {
            self.fault(node, "holds text");
        }
        let children: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
        let names: Vec<&str> = children.iter().map(|it| it.tag_name().name()).collect();
        let end = particle.map_or(Some(0), |particle| repeated(particle, &names, 0));
        if end != Some(names.len()) {
            self.fault(node, &format!("cannot hold {names:?}"));
        }
        children.into_iter().for_each(|child| self.element(child));
    }

    fn attributes(&mut self, node: Node<'_, '_>, declared: &[Node<'_, '_>]) {
        for own in node.attributes() {
            let known = declared.iter().find(|it| it.attribute("name") == Some(own.name()));
            match known.map(|it| it.attribute("type")) {
                None => self.fault(node, &format!("has unknown {}", own.name())),
                Some(Some("xs:string")) => {}
                Some(Some("xs:nonNegativeInteger")) => {
                    if own.value().parse::<u64>().is_err() {
                        self.fault(node, &format!("{} is {:?}", own.name(), own.value()));
                    }
                }
                Some(other) => panic!("unknown type {other:?}"),
            }
        }
        for required in declared.iter().filter(|it| it.attribute("use") == Some("required")) {
            let name = required.attribute("name").expect("a name");
            if node.attribute(name).is_none() {
                self.fault(node, &format!("lacks {name}"));
            }
        }
    }
}

/// Where a particle ends that begins at `at`, as often as it may occur.
fn repeated(particle: Node<'_, '_>, names: &[&str], at: usize) -> Option<usize> {
    let least: usize = particle.attribute("minOccurs").map_or(1, |it| it.parse().expect("a count"));
    let most = match particle.attribute("maxOccurs") {
        None => 1,
        Some("unbounded") => usize::MAX,
        Some(count) => count.parse().expect("a count"),
    };
    let (mut at, mut count) = (at, 0);
    while count < most {
        match once(particle, names, at) {
            Some(next) if next > at => (at, count) = (next, count + 1),
            Some(_) => return Some(at),
            None => break,
        }
    }
    (count >= least).then_some(at)
}

fn once(particle: Node<'_, '_>, names: &[&str], at: usize) -> Option<usize> {
    let parts = || particle.children().filter(Node::is_element);
    match particle.tag_name().name() {
        "element" => (names.get(at).copied() == particle.attribute("ref")).then_some(at + 1),
        "sequence" => parts().try_fold(at, |at, part| repeated(part, names, at)),
        "choice" => parts().find_map(|part| repeated(part, names, at)),
        other => panic!("unknown particle {other}"),
    }
}

/// Names without their namespace.
trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl Local for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
