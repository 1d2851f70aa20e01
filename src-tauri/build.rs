//! Declares every command, so that the page may call only what its capability grants; makes sure that there is a page.

fn main() {
    // A fresh clone has no built page yet; `cargo check` must work all the same. The real one is made by `npm run build`.
    let page = std::path::Path::new("../ui/dist/index.html");
    if !page.exists() {
        let made = std::fs::create_dir_all("../ui/dist").and_then(|()| {
            std::fs::write(page, "<!doctype html><title>Davit</title><p>Build the page first: npm run build</p>")
        });
        if let Err(error) = made {
            println!("cargo:warning=no page: {error}");
        }
    }
    println!("cargo:rerun-if-changed=../ui/dist");
    let commands: &'static [&'static str] = include!("src/commands/names.in");
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("the window's configuration is wrong: {error:#}");
    }
}
