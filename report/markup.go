package report

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// markup is HTML that is being written. It takes the place of html/template, which looks methods up by their names: since nobody
// could tell then which are called, the linker would keep all of them in the program, 8 MB more.
type markup struct{ text strings.Builder }

// put writes a format of this package, with values that come from anywhere: in the content of an element, and between the
// double quotes of an attribute that is not a URL, a style or a script, they are nothing but text.
func (m *markup) put(format string, values ...any) {
	for i, v := range values {
		if text, ok := v.(string); ok {
			values[i] = markupSigns.Get().Replace(text)
		}
	}
	fmt.Fprintf(&m.text, format, values...)
}

// markupSigns are those that could end a text. NUL is in no XML (https://www.w3.org/TR/xml/#charsets).
var markupSigns = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\x00", "\uFFFD")
}}
