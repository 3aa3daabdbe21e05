package report

import "github.com/aafailover/aafailover/internal/redact"

// withoutSecrets takes what looks like a password out of every text of a recording.
func withoutSecrets(r *Recorded) { changeTexts(r, redact.Text) }
