package report

import "reflect"

// changeTexts puts another text in the place of every text that can be reached from a pointer: in exported fields, lists and maps.
func changeTexts(of any, change func(string) string) { changeIn(reflect.ValueOf(of).Elem(), change) }

func changeIn(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(change(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			changeIn(v.Elem(), change)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				changeIn(v.Field(i), change)
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // bytes are no text of ours
			return
		}
		for i := range v.Len() {
			changeIn(v.Index(i), change)
		}
	case reflect.Map:
		changeInMap(v, change)
	}
}

// changeInMap makes the items anew: those of a map cannot be set.
func changeInMap(v reflect.Value, change func(string) string) {
	copied := func(of reflect.Value) reflect.Value {
		one := reflect.New(of.Type()).Elem()
		one.Set(of)
		changeIn(one, change)
		return one
	}
	for _, key := range v.MapKeys() {
		item := copied(v.MapIndex(key))
		v.SetMapIndex(key, reflect.Value{})
		v.SetMapIndex(copied(key), item)
	}
}
