//! A drawing as a picture: that of `domain::picture`, with the colours and letters that it has on this page.

use crate::{api, browser};
use aside_domain::{Scenario, decimal};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, HtmlImageElement, Url};

/// What of an element's style a picture takes along.
const STYLES: [&str; 12] = [
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "paint-order",
    "font-family",
    "font-size",
    "font-weight",
    "letter-spacing",
    "text-anchor",
    "text-transform",
    "background-color",
];
/// How many pixels of the picture one of the canvas becomes.
const SCALE: f64 = 2.0;

const NO_PICTURE: &str = "This browser could not draw the picture.";

/// The picture as a file, with what the cards tell.
///
/// # Errors
/// A sentence that says why there is none.
pub async fn of(scenario: Scenario, told: Vec<(String, String)>, is_png: bool) -> Result<Blob, String> {
    let svg = api::picture(scenario, told).await.map_err(|error| error.to_string())?;
    let (text, width, height) = styled(&svg).ok_or(NO_PICTURE)?;
    let file = browser::blob(&JsValue::from_str(&text), "image/svg+xml").map_err(|_| NO_PICTURE)?;
    if is_png { painted(&file, width, height).await.ok_or_else(|| NO_PICTURE.to_owned()) } else { Ok(file) }
}

/// The same picture with its styles written down, and its size.
fn styled(svg: &str) -> Option<(String, f64, f64)> {
    let body = document().body()?;
    let host: HtmlElement = document().create_element("div").ok()?.unchecked_into();
    host.set_class_name("picture-host");
    host.set_inner_html(svg);
    body.append_child(&host).ok()?;
    let picture = host.first_element_child()?;
    let view_box: Vec<f64> =
        picture.get_attribute("viewBox")?.split(' ').filter_map(|part| js_sys::parse_float(part).into()).collect();
    let [_, _, width, height] = view_box[..] else { return None };
    let all = host.query_selector_all("*").ok()?;
    for element in (0..all.length()).filter_map(|index| all.get(index)?.dyn_into::<Element>().ok()) {
        let computed = window().get_computed_style(&element).ok()??;
        let value = |name: &&str| Some(format!("{name}:{}", computed.get_property_value(name).ok()?));
        let style: Vec<String> = STYLES.iter().filter_map(value).collect();
        browser::set(&element, "style", Some(&style.join(";")));
    }
    browser::set(&picture, "xmlns", Some("http://www.w3.org/2000/svg"));
    browser::set(&picture, "width", Some(&decimal(width, 0)));
    browser::set(&picture, "height", Some(&decimal(height, 0)));
    let text = web_sys::XmlSerializer::new().ok()?.serialize_to_string(&picture).ok()?;
    host.remove();
    Some((text, width, height))
}

/// The picture in pixels.
async fn painted(svg: &Blob, width: f64, height: f64) -> Option<Blob> {
    let address = Url::create_object_url_with_blob(svg).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&address);
    let loaded = JsFuture::from(image.decode()).await;
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width((width * SCALE) as u32);
    canvas.set_height((height * SCALE) as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width * SCALE, height * SCALE).ok()?;
    // Revoking an address of our own cannot fail.
    let _ = Url::revoke_object_url(&address);
    loaded.ok()?;
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let take = Closure::once_into_js(move |blob: JsValue| drop(resolve.call1(&JsValue::NULL, &blob)));
        // A canvas that nothing foreign was drawn on can be read.
        let _ = canvas.to_blob(take.unchecked_ref());
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
