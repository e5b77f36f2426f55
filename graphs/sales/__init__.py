"""The sales department: leads, deals, the pipeline, products, quotes."""

from graphs.sales.deals import move_deal, pipeline_report
from graphs.sales.leads import find_leads, qualify_lead
from graphs.sales.products import search_products
from graphs.sales.quotes import make_quote

TOOLS = [find_leads, qualify_lead, move_deal, pipeline_report, search_products, make_quote]
