// Package text fills the texts of a model with what a workitem holds: tags such
// as <itemvalue>name</itemvalue> are replaced by values.
//
// What a tag yields is final. It is not read again, so a value that looks like a
// tag stays as it is: whoever may type a text into an item can neither reach
// other items by it nor make the processing fail. Elements are replaced from
// the outside in for those that repeat their content, and from the inside out
// for those whose content is a key or a pattern.
package text
