package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// timeHint says how a time is written.
const timeHint = "a time has its unit: 250ms, 1.5s, 2m or 1h"

// ValueError puts what packages time and strconv say of a value into words of the command line, with a hint; any other
// error is returned as it is.
func ValueError(value string, err error) error {
	if err == nil || len(hint.Of(err)) > 0 {
		return err
	}
	if _, ok := errors.AsType[*strconv.NumError](err); ok {
		return numberError(value, err)
	}
	text := err.Error() // package time has no types for these
	switch {
	case strings.HasPrefix(text, "time: missing unit"):
		return hint.Wrap(fmt.Errorf("%q has no unit", value), timeHint)
	case strings.HasPrefix(text, "time: "):
		return hint.Wrap(fmt.Errorf("%q is not a time", value), timeHint)
	}
	return err
}

func numberError(value string, err error) error {
	failed, _ := errors.AsType[*strconv.NumError](err)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return hint.Wrap(fmt.Errorf("%q is out of range", value), "give a smaller number")
	case failed.Func == "ParseBool":
		return hint.Wrap(fmt.Errorf("%q is neither true nor false", value), "write true or false, or the flag alone for true")
	case failed.Func == "ParseFloat":
		return hint.Wrap(fmt.Errorf("%q is not a number", value), "write digits, with a point before decimals: 0.5")
	}
	return hint.Wrap(fmt.Errorf("%q is not a whole number", value), "write digits only")
}
