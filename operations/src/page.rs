//! What all pages have in common that this library writes.

/// Colours and type of the pages that this program writes.
pub const STYLE: &str = "\
:root{color-scheme:light}*{box-sizing:border-box}\
body{margin:0;background:#f7f8fa;color:#333b45;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}h1{font-size:28px;margin:0 0 4px}\
h2{font-size:19px;margin:0 0 8px}p{margin:0 0 12px}.sub{color:#68727f;margin-bottom:24px}\
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:12px;margin-bottom:20px}\
.card,section{background:#fff;border:1px solid #e3e7ec;border-radius:8px}.card{padding:12px 14px}\
.card b{display:block;font-size:22px;font-weight:600}.card span{font-size:13px;color:#68727f}\
section{padding:18px 20px;margin-bottom:20px}svg{width:100%;height:auto;display:block}\
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}\
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid #eef1f4}th:first-child,td:first-child{text-align:left}\
th{font-weight:600;color:#68727f}.ok{color:#2a8c5f}.bad{color:#b3261e}summary{cursor:pointer;font-weight:600}\
footer{font-size:13px;color:#68727f}";

/// Text as it stands in a page.
pub fn escape(text: &str) -> String {
	text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
