//! The schema against what reads policies: whatever it takes, a policy may say.

use davit_core::policy::Policy;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// So many policies; each is long.
const CASES: u32 = 64;

/// Whatever a schema takes, of the words that ours uses.
fn taken(schema: &Value, whole: &Value) -> BoxedStrategy<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return taken(whole.pointer(name.trim_start_matches('#')).expect(name), whole);
    }
    if let Some(one) = schema.get("const") {
        return Just(one.clone()).boxed();
    }
    if let Some(all) = schema["enum"].as_array() {
        return select(all.clone()).boxed();
    }
    if let Some(all) = schema["oneOf"].as_array() {
        return Union::new(all.iter().map(|one| taken(one, whole))).boxed();
    }
    match schema["type"].as_str() {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("integer") => integer(schema),
        Some("string") => text(schema),
        Some("array") => array(schema, whole),
        Some("object") => object(schema, whole),
        other => panic!("{other:?} in {schema}"),
    }
}

fn integer(schema: &Value) -> BoxedStrategy<Value> {
    let within = |of: &Value| {
        let [least, most] = ["minimum", "maximum"].map(|bound| of[bound].as_u64().expect("a bound"));
        // What lies at a bound is what one that is wrong takes.
        prop_oneof![Just(least), Just(most), least..=most].prop_map(Value::from)
    };
    match schema["anyOf"].as_array() {
        Some(all) => prop_oneof![Just(json!(0)), within(&all[1])].boxed(),
        None => within(schema).boxed(),
    }
}

/// A text by its pattern, or one that is as long as it may be.
fn text(schema: &Value) -> BoxedStrategy<Value> {
    let pattern = match (schema["pattern"].as_str(), schema["maxLength"].as_u64()) {
        // Names are not made longer than they need be.
        (Some(pattern), _) => {
            let shorter = pattern.replace(")*", "){0,2}").replace("]*", "]{0,9}").replace("]+", "]{1,5}");
            shorter.trim_start_matches('^').trim_end_matches('$').to_owned()
        }
        (None, Some(most)) => format!(".{{1,{most}}}"),
        (None, None) => ".{1,40}".to_owned(),
    };
    string_regex(&pattern).expect(&pattern).prop_map(Value::from).boxed()
}

fn array(schema: &Value, whole: &Value) -> BoxedStrategy<Value> {
    let many = |bound: &str, usual| schema[bound].as_u64().map_or(usual, |many| usize::try_from(many).expect("a size"));
    let items = proptest::collection::vec(taken(&schema["items"], whole), many("minItems", 0)..=many("maxItems", 3));
    items.prop_map(Value::from).boxed()
}

/// One of the shapes that an object may have: each says more of some of its fields.
fn object(schema: &Value, whole: &Value) -> BoxedStrategy<Value> {
    match schema["anyOf"].as_array() {
        Some(shapes) => Union::new(shapes.iter().map(|shape| fields(schema, shape, whole))).boxed(),
        None => fields(schema, &Value::Null, whole),
    }
}

fn fields(schema: &Value, shape: &Value, whole: &Value) -> BoxedStrategy<Value> {
    let is_required = |name: &str| {
        [schema, shape].iter().filter_map(|of| of["required"].as_array()).flatten().any(|required| required == name)
    };
    let all = schema["properties"].as_object().expect("fields").iter().map(|(name, of)| {
        let mut of = of.clone();
        if let (Some(of), Some(more)) = (of.as_object_mut(), shape["properties"][name].as_object()) {
            of.extend(more.clone());
        }
        let (value, required, name) = (taken(&of, whole), is_required(name), name.clone());
        (any::<bool>(), value).prop_map(move |(there, value)| (there || required).then(|| (name.clone(), value)))
    });
    let all: Vec<_> = all.map(Strategy::boxed).collect();
    all.prop_map(|all| Value::Object(all.into_iter().flatten().collect())).boxed()
}

#[test]
fn whatever_the_schema_takes_a_policy_may_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("policy.json");
    let schema = super::schema();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(CASES) });
    let ran = runner.run(&taken(&schema, &schema), |policy| {
        std::fs::write(&file, policy.to_string()).expect("written");
        let read = Policy::read(&file);
        prop_assert!(read.is_ok(), "{read:?}");
        Ok(())
    });
    ran.unwrap_or_else(|refused| panic!("{refused}"));
}
