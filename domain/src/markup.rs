//! Text in markup.

/// A text as HTML or SVG that shows it and does nothing else, between tags and in attributes.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            '\r' => markup.push_str("&#13;"), // a bare one would become a line feed
            other => markup.push(other),
        }
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_value_that_looks_like_html_is_shown_and_not_carried_out() {
        let value = r#"<img src=x onerror="alert('&amp;')">"#;
        assert_eq!(safe(value), "&lt;img src=x onerror=&quot;alert(&#39;&amp;amp;&#39;)&quot;&gt;");
    }
}
