// Package result reads the workflow result of events: a text with tags such as
//
//	<item name="amount" type="double">12.5</item>
//
// anywhere in it. The text around them means nothing.
//
// Names of tags have no case. But Items and Tags find nothing, as in the
// original, unless the text has one that is spelled as it is asked for.
package result
